# Built where there is a package manager, run where there is neither that nor a shell.
FROM node:24-bookworm-slim AS build
WORKDIR /build

# No scripts: the only one among our dependencies fetches a Node, and this image has one.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

# The one folder that is written to, made here because the image below has no mkdir.
RUN mkdir --mode=0700 /data

FROM gcr.io/distroless/nodejs24-debian12:nonroot
LABEL org.opencontainers.image.title="Tocsin" \
      org.opencontainers.image.description="Polls threat feeds, judges every event by YAML rules, and forwards what matched to Slack, Splunk HEC and webhooks." \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
# Threads share one heap of C's: each with its own would keep what it once needed.
ENV MALLOC_ARENA_MAX=2
WORKDIR /app

# Owned by root: the process cannot change its own code or rules.
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY bin ./bin
COPY rules ./rules
COPY package.json LICENSE config.example.yaml ./
COPY config.container.yaml /etc/tocsin/config.yaml
COPY --from=build --chown=65532:65532 /data /data

# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
VOLUME ["/data"]
EXPOSE 9464

# Alive, not ready: a feed that is down is no reason to restart the daemon. Where server.listen names another
# port, set TOCSIN_HEALTH_PORT to it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["/nodejs/bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.TOCSIN_HEALTH_PORT || 9464}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# Node would keep 130 MB for young objects alone, let the old ones grow to three times what lives, and collect with a thread a
# processor, which costs more than it gives for so little; "npm run bench -- pipeline"
# runs the daemon with the same flags.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=16", "--heap-growing-percent=100", "--no-parallel-scavenge", "/app/bin/tocsin.mjs"]
CMD ["run", "-c", "/etc/tocsin/config.yaml"]
