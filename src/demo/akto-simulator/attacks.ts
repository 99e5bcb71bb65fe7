import type { Random } from '../../core/random.ts';
import type { Severity } from '../../core/severity.ts';
import { between, hex, pick } from '../http-hazards/seeded.ts';

/** What one made request looks like, before it becomes an event. */
export interface Attack {
  readonly filterId: string;
  readonly category: string;
  readonly subCategory: string;
  readonly severity: Severity;
  readonly type: 'Rule-Based' | 'Anomaly';
  readonly method: string;
  /** With its query string. */
  readonly path: string;
  readonly userAgent: string;
  readonly requestPayload: string;
  readonly statusCode: number;
  readonly responsePayload: string;
  readonly successful: boolean;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

const quiet = { type: 'Rule-Based', userAgent: BROWSER, requestPayload: '', successful: false } as const;

export const sqlInjection = (random: Random): Attack => {
  const successful = random() < 0.1;
  return {
    ...quiet,
    filterId: 'SQLInjection',
    category: 'SQL_INJECTION',
    subCategory: 'SQL_INJECTION',
    severity: 'CRITICAL',
    method: 'GET',
    path: `/api/v1/products?id=${pick(random, [
      "1' OR '1'='1' --",
      '1 UNION SELECT username,password FROM users--',
      "1;WAITFOR DELAY '0:0:5'--",
    ])}`,
    userAgent: pick(random, [BROWSER, 'sqlmap/1.8.4#stable (https://sqlmap.org)']),
    statusCode: successful ? 200 : 500,
    responsePayload: successful
      ? '[{"username":"admin","password":"$2b$12$wJz"}]'
      : '{"error":"You have an error in your SQL syntax near \'1\'"}',
    successful,
  };
};

export const crossSiteScripting = (random: Random): Attack => ({
  ...quiet,
  filterId: 'XSS',
  category: 'XSS',
  subCategory: 'XSS',
  severity: 'HIGH',
  method: 'POST',
  path: '/api/v1/comments',
  requestPayload: JSON.stringify({
    author: pick(random, ['Renée', '李雷', 'Bob "the tester"']),
    text: pick(random, ['<script>alert(document.cookie)</script>', '"><img src=x onerror=alert(1)>']),
  }),
  statusCode: 201,
  responsePayload: '{"id":77,"status":"created"}',
});

export const osCommandInjection = (random: Random): Attack => ({
  ...quiet,
  filterId: 'OSCommandInjection',
  category: 'OS_COMMAND_INJECTION',
  subCategory: 'OS_COMMAND_INJECTION',
  severity: 'CRITICAL',
  method: 'POST',
  path: '/api/v1/tools/ping',
  requestPayload: JSON.stringify({
    host: `127.0.0.1; ${pick(random, ['cat /etc/passwd', 'id', 'uname -a'])}`,
  }),
  statusCode: 403,
  responsePayload: '{"error":"forbidden"}',
});

export const localFileInclusion = (random: Random): Attack => ({
  ...quiet,
  filterId: 'LocalFileInclusionLFIRFI',
  category: 'LFI',
  subCategory: 'LFI',
  severity: 'HIGH',
  method: 'GET',
  path: `/download?file=${pick(random, ['../../../../etc/passwd', '..%2f..%2fetc%2fshadow', '/proc/self/environ'])}`,
  statusCode: 404,
  responsePayload: '<html><body>Not Found</body></html>',
});

export const serverSideRequestForgery = (random: Random): Attack => ({
  ...quiet,
  filterId: 'SSRF',
  category: 'SSRF',
  subCategory: 'SSRF',
  severity: 'HIGH',
  method: 'POST',
  path: '/api/v1/webhooks/test',
  requestPayload: JSON.stringify({
    url: pick(random, [
      'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
      'http://[::1]:6379/',
    ]),
  }),
  statusCode: 400,
  responsePayload: '{"error":"url not allowed"}',
});

export const noSqlInjection = (): Attack => ({
  ...quiet,
  filterId: 'NoSQLInjection',
  category: 'NOSQL_INJECTION',
  subCategory: 'NOSQL_INJECTION',
  severity: 'HIGH',
  method: 'POST',
  path: '/api/v1/login',
  requestPayload: '{"email":{"$ne":null},"password":{"$ne":null}}',
  statusCode: 401,
  responsePayload: '{"error":"invalid credentials"}',
});

export const scannerProbe = (random: Random): Attack => ({
  ...quiet,
  filterId: 'SecurityMisconfig',
  category: 'SecurityMisconfig',
  subCategory: 'SecurityMisconfig',
  severity: 'MEDIUM',
  method: pick(random, ['GET', 'HEAD']),
  path: pick(random, [
    '/.env',
    '/.git/config',
    '/wp-login.php',
    '/actuator/heapdump',
    '/.aws/credentials',
    '/phpmyadmin/',
    '/.chef/config.rb',
  ]),
  userAgent: pick(random, [
    'Mozilla/5.0 zgrab/0.x',
    'Nuclei - Open-source project (github.com/projectdiscovery/nuclei)',
    'python-requests/2.32.3',
    'masscan/1.3 (https://github.com/robertdavidgraham/masscan)',
  ]),
  statusCode: 404,
  responsePayload: '',
});

export const tooManyClientErrors = (random: Random): Attack => ({
  ...quiet,
  filterId: 'High4XXAlertFilter',
  category: 'RL',
  subCategory: 'RL',
  severity: 'MEDIUM',
  method: 'POST',
  path: '/api/v1/login',
  requestPayload: JSON.stringify({
    email: `user${between(random, 1, 999)}@example.com`,
    password: hex(random, 8),
  }),
  statusCode: 401,
  responsePayload: '{"error":"invalid credentials"}',
});

export const brokenObjectAccess = (random: Random): Attack => ({
  ...quiet,
  filterId: 'BOLA',
  category: 'BOLA',
  subCategory: 'BOLA',
  severity: 'HIGH',
  type: 'Anomaly',
  method: 'GET',
  path: `/api/v1/accounts/${between(random, 1_000, 9_999)}/statements`,
  statusCode: 200,
  responsePayload: JSON.stringify({
    iban: 'DE89370400440532013000',
    balance: between(random, 1, 99_999) / 100,
  }),
  successful: random() < 0.3,
  headers: { authorization: [`Bearer ${hex(random, 24)}`] },
});
