/** A limit on how long something may take, joined with the caller's own wish to stop. */
export interface Deadline {
  /** Aborts when the time is over or the caller stopped. */
  readonly signal: AbortSignal;
  /** Which of the two it was; undefined while neither has happened. */
  why(): 'timeout' | 'aborted' | undefined;
  /** Lets go of timer and listener. Must be called: the caller's signal lives as long as the daemon. */
  dispose(): void;
}

export function startDeadline(timeoutMs: number, signal?: AbortSignal): Deadline {
  const controller = new AbortController();
  let why: 'timeout' | 'aborted' | undefined;
  const end = (reason: 'timeout' | 'aborted') => (): void => {
    why ??= reason;
    controller.abort();
  };
  const stop = end('aborted');
  const timer = setTimeout(end('timeout'), timeoutMs);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    why: () => why,
    dispose: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    },
  };
}
