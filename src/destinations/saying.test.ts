import { describe, expect, it } from 'vitest';
import { passesOf } from '../../test/cpu-time.ts';
import { isPage, type Saying, sayingOf } from './saying.ts';

const HTML = 'text/html; charset=utf-8';

describe('what the body of a 2xx says', () => {
  it.each<[string, string, Saying, string?]>([
    ['nothing', '', 'nothing'],
    ['blanks', ' \r\n', 'nothing'],
    ["Slack's word, under the content type that Slack gives it", 'ok', 'yes', HTML],
    ["Mattermost's, with a line's end", 'ok\n', 'yes', 'text/plain'],
    ['a JSON string', '"ok"', 'yes'],
    ['another spelling', 'OK.', 'yes'],
    ['a word that only begins so', 'okapi', 'something'],
    ["a workflow of Slack's", '{"ok":true}', 'yes'],
    ['Rocket.Chat', '{"success":true}', 'yes'],
    ['Rocket.Chat, pretty', '{\n  "success": true\n}', 'yes'],
    ['Zulip', '{"result":"success","msg":""}', 'yes'],
    ['a queue', '{"status":"accepted","id":7}', 'yes'],
    ['an empty error beside success', '{"success":true,"error":null,"errors":[]}', 'yes'],
    ['Rocket.Chat that failed', '{"success":false,"error":"error-invalid-channel"}', 'no'],
    ['Slack that failed', '{"ok":false,"error":"invalid_auth"}', 'no'],
    ['Zulip that failed', '{"result":"error","msg":"Invalid API key"}', 'no'],
    ['an error object', '{"error":{"code":"TriggerDisabled","message":"x"}}', 'no'],
    ['both at once', '{"ok":true,"error":"not_in_channel"}', 'no'],
    ['texts in place of booleans', '{"ok":"true","success":"yes"}', 'something'],
    ['a number', '1', 'something'],
    ['half of a yes', '{"ok":tru', 'something'],
    ['a list', '[{"ok":true}]', 'something'],
    ['an inherited yes', '{"__proto__":{"ok":true}}', 'something'],
    ['prose', 'Message queued for delivery', 'something'],
    ['a page', '<!DOCTYPE html><html><head><title>Sign in</title>', 'page', HTML],
    ['a page that calls itself JSON', '\uFEFF<HTML><BODY>ok</BODY></HTML>', 'page', 'application/json'],
  ])('%s: %j is %s', (_, body, saying, contentType) => {
    expect(sayingOf({ body, contentType })).toBe(saying);
  });

  it.each<[string, string, string | undefined, boolean]>([
    ['a document behind a comment', '<!-- build 7 -->\n<!doctype html>', undefined, true],
    ['an XHTML document', '<?xml version="1.0"?><html xmlns="x">', 'application/xhtml+xml', true],
    ['a redirect by script', '<script>location.href="/login"</script>', HTML, true],
    ['a form that submits itself', '<form method="post" action="https://idp.example/saml">', HTML, true],
    ['a scrap of HTML from a small script', '<p>Thanks</p>', HTML, false],
    ['a word under the default content type of PHP', 'received', HTML, false],
    ['nothing under it', '', HTML, false],
    ['JSON that speaks of HTML', '{"x":"<html>"}', 'application/json', false],
    ['XML', '<response><status>ok</status></response>', 'text/xml', false],
  ])('%s: a page? %s', (_, body, contentType, expected) => {
    expect(isPage({ body, contentType })).toBe(expected);
  });

  it('costs little, whatever it is', () => {
    const bodies = [
      '<'.repeat(65_000),
      '<!--'.repeat(16_000),
      ' '.repeat(65_000),
      `{"a":"${'\\u0041'.repeat(9_000)}"}`,
    ];
    expect(passesOf(() => bodies.map((body) => sayingOf({ body })), 50)).toBeLessThan(50);
  });
});
