import { describe, expect, it } from 'vitest';
import { at, good, load, MINIMAL } from '../../test/config/fake-adapters.ts';

const NIGHT = 'time_intervals: [{ name: night, times: ["22:00-06:00"] }]\n';
const routed = (keys: string, more = NIGHT): string => `${MINIMAL}${more}routes: [{ to: [d], ${keys} }]\n`;

describe('alerts and routes', () => {
  it('have defaults: an hour, always, and the end is told', () => {
    const { alerts, routes, silences, inhibitions, redaction } = good(MINIMAL);
    expect({ alerts, silences, inhibitions, redaction }).toEqual({
      alerts: { resolveAfterMs: 3_600_000 },
      ...{ silences: [], inhibitions: [], redaction: { patterns: [] } },
    });
    expect(routes).toMatchObject([{ sendResolved: true, speaking: { active: [], mute: [] } }]);
  });

  it('say how long alerts live, and whether their end is told', () => {
    const config = good(
      `${MINIMAL}alerts: { resolve_after: 7d }\nroutes: [{ to: [d], send_resolved: false }]\n`,
    );
    expect(config.alerts.resolveAfterMs).toBe(7 * 86_400_000);
    expect(config.routes[0]?.sendResolved).toBe(false);
  });

  it('take the intervals that they name', () => {
    const more = `time_intervals:
  - { name: office, time_zone: Europe/Paris, times: ["08:00-12:00", "13:00-24:00"], weekdays: [monday-friday] }
  - { name: night, times: ["22:00-06:00"], weekdays: [Saturday-monday, monday], months: [december-february] }
  - { name: closing, days_of_month: [1, -1, 31] }
`;
    const [route] = good(routed('active_times: [office], mute_times: [closing, night]', more)).routes;
    expect(route?.speaking).toEqual({
      active: [
        {
          name: 'office',
          timeZone: 'Europe/Paris',
          times: [
            { from: 480, to: 720 },
            { from: 780, to: 1_440 },
          ],
          weekdays: [1, 2, 3, 4, 5],
        },
      ],
      mute: [
        {
          ...{ name: 'night', timeZone: 'UTC', times: [{ from: 1_320, to: 360 }] },
          ...{ weekdays: [6, 0, 1], months: [12, 1, 2] },
        },
        { name: 'closing', timeZone: 'UTC', daysOfMonth: [1, -1, 31] },
      ],
    });
    expect(Object.isFrozen(route?.speaking.active[0]?.times)).toBe(true);
  });

  it.each<[why: string, text: string, problems: string[]]>([
    ['too short a life', `${MINIMAL}alerts: { resolve_after: 59s }\n`, ['5:26 bad-value']],
    ['too long a life', `${MINIMAL}alerts: { resolve_after: 8d }\n`, ['5:26 bad-value']],
    ['a life without a unit', `${MINIMAL}alerts: { resolve_after: 60 }\n`, ['5:26 wrong-type']],
    ['an interval that is not there', routed('mute_times: [nihgt]'), ['6:34 unknown-time-interval']],
    ['one named twice', routed('active_times: [night, night]'), ['6:43 duplicate-name']],
    ['an empty list', routed('active_times: []'), ['5:26 unused-time-interval', '6:35 empty-list']],
    ['a misspelt key', routed('mute_time: [night]'), ['6:21 unknown-key']],
    ['an interval that nobody names: a warning', MINIMAL + NIGHT, ['5:26 unused-time-interval']],
  ])('are refused: %s', (_why, text, problems) => {
    expect(load(text).problems.map(at)).toEqual(problems);
  });

  const TIMES = `time_intervals:
  - { name: office, time_zone: Europe/Paris, times: ["08:00-18:00"], weekdays: [mon-fri] }
  - { name: lunch, time_zone: Europe/Paris, times: ["12:00-13:00"] }
  - { name: weekend, time_zone: Europe/Paris, weekdays: [sat, sun] }
  - { name: daytime, time_zone: Europe/London, times: ["07:00-17:00"] }
  - { name: holidays, dates: [2026-12-24..2026-12-26] }
`;
  it.each<[why: string, keys: string, problems: string[]]>([
    [
      'mute times that cover the active ones',
      'active_times: [office], mute_times: [daytime]',
      ['11:57 without-effect'],
    ],
    [
      'active times that are mute times',
      'active_times: [holidays], mute_times: [holidays]',
      ['11:59 without-effect'],
    ],
    [
      'a mute time when it is quiet anyway: a warning',
      'active_times: [office], mute_times: [lunch, weekend]',
      ['11:65 without-effect'],
    ],
    ['none where they meet for an hour', 'active_times: [daytime], mute_times: [lunch, weekend]', []],
    ['none where only the calendar tells', 'active_times: [office], mute_times: [holidays]', []],
    [
      'two that leave no hour of the week',
      'active_times: [daytime], mute_times: [office, weekend]',
      ['11:58 without-effect'],
    ],
    ['none without active times', 'mute_times: [office, weekend]', []],
  ])('have times that cannot be meant: %s', (_why, keys, problems) => {
    const found = load(routed(keys, TIMES)).problems.filter(({ code }) => code !== 'unused-time-interval');
    expect(found.map(at)).toEqual(problems);
  });

  it('name the nearest interval', () => {
    expect(load(routed('mute_times: [nihgt]')).problems.map(({ message }) => message)).toContain(
      'no time interval is named "nihgt"; did you mean "night"?',
    );
  });
});

describe('time intervals', () => {
  const interval = (keys: string): string =>
    `${MINIMAL}routes: [{ to: [d], mute_times: [n] }]\ntime_intervals:\n  - { name: n, ${keys} }\n`;

  it.each<[why: string, keys: string, problems: string[]]>([
    ['an hour that no day has', 'times: ["25:00-26:00"]', ['7:24 bad-value']],
    ['a minute that no hour has', 'times: ["08:60-09:00"]', ['7:24 bad-value']],
    ['a beginning at the very end', 'times: ["24:00-06:00"]', ['7:24 bad-value']],
    ['a time as long as nothing', 'times: ["08:00-08:00"]', ['7:24 bad-value']],
    ['one time only', 'times: ["08:00"]', ['7:24 bad-value']],
    ['a number', 'times: [8]', ['7:24 wrong-type']],
    ['no such day', 'weekdays: [firday]', ['7:27 bad-value']],
    ['a range to nowhere', 'weekdays: [monday-firday]', ['7:27 bad-value']],
    ['three ends', 'weekdays: [monday-tuesday-friday]', ['7:27 bad-value']],
    ['a number for a day', 'weekdays: [1]', ['7:27 wrong-type']],
    ['no such month', 'months: [juny]', ['7:25 bad-value']],
    ['day zero', 'days_of_month: [0]', ['7:32 bad-value']],
    ['a day beyond all months', 'days_of_month: [32, -32]', ['7:32 bad-value', '7:36 bad-value']],
    [
      'a day that its months do not have: never',
      'months: [april, june], days_of_month: [31, -31]',
      ['7:5 bad-value'],
    ],
    ['nothing: always', 'time_zone: UTC', ['7:5 bad-value']],
    ['no such zone', 'time_zone: Mars/Base, times: ["1:00-2:00"]', ['7:27 bad-value']],
    [
      'all at once',
      'times: [x], weekdays: [x], day_of_month: [1]',
      ['7:24 bad-value', '7:39 bad-value', '7:43 unknown-key'],
    ],
  ])('are refused: %s', (_why, keys, problems) => {
    expect(load(interval(keys)).problems.map(at)).toEqual(problems);
  });

  it.each<[why: string, keys: string, read: object]>([
    ['short names', 'weekdays: [mon-fri, Sun]', { weekdays: [1, 2, 3, 4, 5, 0] }],
    ['shorter and longer ones', 'weekdays: [tues, thurs, Wed.]', { weekdays: [2, 4, 3] }],
    [
      'ranges with a colon, as Alertmanager has them',
      "weekdays: ['monday:friday', 'sat']",
      { weekdays: [1, 2, 3, 4, 5, 6] },
    ],
    ['ranges past the end', 'weekdays: [fri-mon]', { weekdays: [5, 6, 0, 1] }],
    ['short months', 'months: [jan, sept, nov-feb]', { months: [1, 9, 11, 12, 2] }],
    ['months by number', "months: [7, '1:3', 'may:june']", { months: [7, 1, 2, 3, 5, 6] }],
    [
      'days of a month',
      "days_of_month: [1, '1:7', '-3:-1', '15:-1', 3-5, '-7..-5']",
      {
        daysOfMonth: [
          1,
          { from: 1, to: 7 },
          { from: -3, to: -1 },
          { from: 15, to: -1 },
          { from: 3, to: 5 },
          { from: -7, to: -5 },
        ],
      },
    ],
    [
      'times as pairs',
      "times: [{ start_time: '08:00', end_time: '24:00' }, 9:00 - 10:30]",
      {
        times: [
          { from: 480, to: 1_440 },
          { from: 540, to: 630 },
        ],
      },
    ],
    [
      'dates',
      'dates: [2026-12-25, 2026-12-24..2026-12-26, 2026-12-31:2027-01-01]',
      {
        dates: [
          { from: 20_261_225, to: 20_261_225 },
          { from: 20_261_224, to: 20_261_226 },
          { from: 20_261_231, to: 20_270_101 },
        ],
      },
    ],
    ['years', "years: [2026, '2028:2030', 2029-2031]", { years: [2026, 2028, 2029, 2030, 2031] }],
    ['29 February in a leap year', 'months: [feb], days_of_month: [29], years: [2028]', { years: [2028] }],
    ['a Friday the thirteenth', 'weekdays: [fri], days_of_month: [13], years: [2026]', { weekdays: [5] }],
  ])('may be written as %s', (_why, keys, read) => {
    const text = interval(keys);
    expect(load(text).problems).toEqual([]);
    expect(good(text).routes[0]?.speaking.mute[0]).toMatchObject(read);
  });

  it.each<[why: string, keys: string, problem: string]>([
    [
      'weekdays by number',
      "weekdays: ['1:5']",
      '7:27 bad-value: weekdays[0]: expected the names of weekdays, such as monday-friday: whether 1 is Sunday or Monday differs between tools',
    ],
    [
      'a weekday by number',
      'weekdays: [1]',
      '7:27 wrong-type: weekdays[0]: expected the names of weekdays, such as monday-friday: whether 1 is Sunday or Monday differs between tools',
    ],
    [
      'too short a day',
      'weekdays: [m-f]',
      '7:27 bad-value: weekdays[0]: expected a weekday or a range of them, such as monday-friday; valid here: sunday, monday',
    ],
    [
      'a thirteenth month',
      'months: [13]',
      '7:25 bad-value: months[0]: expected a month or a range of them, such as june-august',
    ],
    [
      'a range of days backwards',
      "days_of_month: ['7:1']",
      '7:32 bad-value: days_of_month[0]: ends before it begins',
    ],
    [
      'a range beyond all months',
      "days_of_month: ['1:32']",
      '7:32 bad-value: days_of_month[0]: expected a day of the month, 1 to 31, or -1 to -31',
    ],
    [
      'a day of every year',
      'dates: [12-25]',
      '7:24 bad-value: dates[0]: expected a day such as 2026-12-25, or days such as 2026-12-24..2026-12-26; for a day of every year use "months" and "days_of_month"',
    ],
    [
      'another order of a date',
      'dates: [25.12.2026]',
      '7:24 bad-value: dates[0]: expected a day such as 2026-12-25',
    ],
    ['a day that no calendar has', 'dates: [2026-02-29]', '7:24 bad-value: dates[0]: expected a day such as'],
    ['dates backwards', 'dates: [2026-12-26..2026-12-24]', '7:24 bad-value: dates[0]: ends before it begins'],
    [
      'two digits of a year',
      'years: [26]',
      '7:24 bad-value: years[0]: expected a year, such as 2026, or a range of them, such as "2026:2028"',
    ],
    ['years backwards', "years: ['2028:2026']", '7:24 bad-value: years[0]: ends before it begins'],
    ['half a pair of times', "times: [{ start_time: '08:00' }]", '7:24 missing-key: missing key "end_time"'],
    [
      'a pair that is no time',
      "times: [{ start_time: '08:00', end_time: '25:00' }]",
      '7:57 bad-value: end_time: expected a time of day, such as "08:00"',
    ],
    [
      'a pair of other names',
      "times: [{ start: '08:00', end: '09:00' }]",
      '7:26 unknown-key: unknown key "start"; valid here: start_time, end_time',
    ],
    [
      'a date on another day of the week',
      'dates: [2026-12-25], weekdays: [monday]',
      '7:5 bad-value: time_intervals[0]: this is never: no day of the calendar is all that it names',
    ],
    [
      '29 February in a year without',
      'months: [feb], days_of_month: [29], years: [2026, 2027]',
      '7:5 bad-value: time_intervals[0]: this is never',
    ],
    [
      'a date of another year',
      'dates: [2026-12-25], years: [2027]',
      '7:5 bad-value: time_intervals[0]: this is never',
    ],
  ])('say what to write instead of %s', (_why, keys, problem) => {
    const problems = load(interval(keys)).problems.map((each) => `${at(each)}: ${each.message}`);
    expect(problems).toContainEqual(expect.stringContaining(problem));
  });

  it('may fall on a leap day, which comes', () => {
    expect(load(interval('months: [february], days_of_month: [29]')).problems).toEqual([]);
  });

  it('name the nearest day', () => {
    expect(load(interval('weekdays: [monday-firday]')).problems[0]?.message).toBe(
      'weekdays[0]: expected a weekday or a range of them, such as monday-friday; did you mean "friday"?',
    );
  });

  it('have names of their own', () => {
    const text = interval('times: ["1:00-2:00"] }\n  - { name: n, times: ["1:00-2:00"]');
    expect(load(text).problems.map(at)).toEqual(['8:13 duplicate-name']);
  });
});

const SILENCE = 'name: s, when: { a: b }, reason: planned';
const silenced = (keys: string): string => `${MINIMAL}silences:\n  - { ${keys} }\n`;

describe('silences', () => {
  it.each<[why: string, keys: string, startsMs: number, hours: number]>([
    ['in UTC', 'from: 2026-12-01T22:00, until: 2026-12-02T02:00', Date.UTC(2026, 11, 1, 22), 4],
    [
      'with a blank, and seconds',
      'from: 2026-12-01 22:00:30, until: 2026-12-01 23:00:30',
      Date.UTC(2026, 11, 1, 22, 0, 30),
      1,
    ],
    [
      'in a zone',
      'time_zone: Asia/Kathmandu, from: 2026-12-01T22:00, until: 2026-12-01T23:00',
      Date.UTC(2026, 11, 1, 16, 15),
      1,
    ],
    [
      'with offsets of their own',
      'time_zone: Asia/Kathmandu, from: 2026-12-01T22:00+01:00, until: "2026-12-01T22:00:00.5Z"',
      Date.UTC(2026, 11, 1, 21),
      1,
    ],
    ['behind UTC', 'from: 2026-12-01T22:00-05:30, until: 2026-12-02T04:30Z', Date.UTC(2026, 11, 2, 3, 30), 1],
    [
      'over the hour that a clock change skips',
      'time_zone: Europe/Paris, from: 2026-03-29T01:30, until: 2026-03-29T03:30',
      Date.UTC(2026, 2, 29, 0, 30),
      1,
    ],
    [
      'over the hour that comes twice',
      'time_zone: Europe/Paris, from: 2026-10-25T01:30, until: 2026-10-25T03:30',
      Date.UTC(2026, 9, 24, 23, 30),
      3,
    ],
    ['on a leap day', 'from: 2028-02-29T00:00, until: 2028-02-29T01:00', Date.UTC(2028, 1, 29), 1],
  ])('last %s', (_why, keys, startsMs, hours) => {
    const [silence] = good(silenced(`${SILENCE}, ${keys}`)).silences;
    const breaking = good(silenced(`${SILENCE}, ${keys}, break_on_escalation: true`)).silences;
    expect(breaking).toEqual([{ ...silence, breakOnEscalation: true }]);
    expect(silence).toEqual({
      ...{ id: 'config/s', when: '{"a":"b"}', reason: 'planned' },
      ...{ startsMs, endsMs: startsMs + hours * 3_600_000 },
    });
  });

  const LATER = 'from: 2026-12-01T22:00, until: 2026-12-01T23:00';
  it.each<[why: string, keys: string, problems: string[]]>([
    [
      'an end before the beginning',
      `${SILENCE}, from: 2026-12-01T22:00, until: 2026-12-01T21:00`,
      ['6:80 bad-value'],
    ],
    [
      'an end at the beginning',
      `${SILENCE}, from: 2026-12-01T22:00Z, until: 2026-12-01T23:00+01:00`,
      ['6:81 bad-value'],
    ],
    [
      'a day that no calendar has',
      `${SILENCE}, from: 2026-02-30T22:00, until: 2026-12-01T21:00`,
      ['6:55 bad-value'],
    ],
    [
      'an hour that no day has',
      `${SILENCE}, from: 2026-02-03T24:00, until: 2026-12-01T21:00`,
      ['6:55 bad-value'],
    ],
    [
      'an offset beyond a day',
      `${SILENCE}, from: 2026-02-03T23:00+24:00, until: 2026-12-01T21:00`,
      ['6:55 bad-value'],
    ],
    [
      'a date without a time',
      `${SILENCE}, from: 2026-12-01, until: 2026-12-02`,
      ['6:55 bad-value', '6:74 bad-value'],
    ],
    ['no filter: it would silence everything', `name: s, reason: r, ${LATER}`, ['6:5 missing-key']],
    [
      'a filter that does not compile',
      `name: s, reason: r, when: { a: broken }, ${LATER}`,
      ['6:33 bad-operand'],
    ],
    ['no reason', `name: s, when: { a: b }, ${LATER}`, ['6:5 missing-key']],
    ['nothing for a reason', `name: s, when: { a: b }, reason: "", ${LATER}`, ['6:40 bad-value']],
    ['no end', `${SILENCE}, from: 2026-12-01T22:00`, ['6:5 missing-key']],
    ['two of one name', `${SILENCE}, ${LATER} }\n  - { ${SILENCE}, ${LATER}`, ['7:13 duplicate-name']],
    [
      'all at once',
      'name: s, whne: { a: broken }, reason: 1, from: x, until: y',
      ['6:16 unknown-key', '6:22 bad-operand', '6:45 wrong-type', '6:54 bad-value', '6:64 bad-value'],
    ],
  ])('are refused: %s', (_why, keys, problems) => {
    expect(load(silenced(keys)).problems.map(at)).toEqual(problems);
  });
});

describe('inhibitions', () => {
  const inhibited = (keys: string): string => `${MINIMAL}inhibitions:\n  - { ${keys} }\n`;
  const KEYS = 'name: i, source: { a: b }, target: { c: d }, equal: [actor, rule]';

  it('have two filters and what must be alike', () => {
    const text = inhibited(KEYS);
    expect(good(text).inhibitions).toEqual([
      { name: 'i', source: '{"a":"b"}', target: '{"c":"d"}', equal: ['actor', 'rule'] },
    ]);
    expect(good(inhibited(`${KEYS}, equal_absent: true`)).inhibitions).toMatchObject([{ equalAbsent: true }]);
    expect(good(inhibited(`${KEYS}, equal_absent: false`)).inhibitions).toEqual(good(text).inhibitions);
    expect(
      good(inhibited('name: i, source: { a: b }, target: { c: d }, equal: []')).inhibitions,
    ).toHaveLength(1);
  });

  it.each<[why: string, keys: string, problems: string[]]>([
    ['no word of what must be alike', 'name: i, source: { a: b }, target: { c: d }', ['6:5 missing-key']],
    ['absence that is neither yes nor no', `${KEYS}, equal_absent: [actor]`, ['6:88 wrong-type']],
    ['no filters', 'name: i, equal: []', ['6:5 missing-key', '6:5 missing-key']],
    [
      'filters that do not compile',
      'name: i, source: { a: broken }, target: { c: broken }, equal: []',
      ['6:24 bad-operand', '6:47 bad-operand'],
    ],
    [
      'a term that alerts do not have',
      'name: i, source: { a: b }, target: { c: d }, equal: [rule, actr]',
      ['6:66 unknown-term'],
    ],
    [
      'a term that only routes have',
      'name: i, source: { a: b }, target: { c: d }, equal: [severity]',
      ['6:60 unknown-term'],
    ],
  ])('are refused: %s', (_why, keys, problems) => {
    expect(load(inhibited(keys)).problems.map(at)).toEqual(problems);
  });
});

describe('redaction', () => {
  const redacted = (patterns: string): string => `${MINIMAL}redaction: { patterns: [${patterns}] }\n`;

  it('takes patterns in the dialect of rules', () => {
    const text = redacted("{ name: employee-id, pattern: 'EMP-\\d{6}' }");
    expect(good(text).redaction.patterns).toEqual([{ name: 'employee-id', pattern: 'EMP-\\d{6}' }]);
  });

  it.each<[why: string, patterns: string, problems: string[]]>([
    ['no pattern', '{ name: a, pattern: "(" }', ['5:45 bad-value']],
    ['one that finds nothing at all', '{ name: a, pattern: "x*" }', ['5:45 bad-value']],
    ['an empty one', '{ name: a, pattern: "" }', ['5:45 bad-value']],
    ['a name with a blank', '{ name: "a b", pattern: x }', ['5:33 bad-value']],
    ['no name', '{ pattern: x }', ['5:25 missing-key']],
    [
      'all at once',
      '{ name: a, pattern: "(" }, { name: b, pattern: "[" }',
      ['5:45 bad-value', '5:72 bad-value'],
    ],
    [
      'more than fifty',
      Array.from({ length: 51 }, (_, i) => `{ name: p${i}, pattern: x${i} }`).join(', '),
      ['5:24 bad-value'],
    ],
  ])('refuses %s', (_why, patterns, problems) => {
    expect(load(redacted(patterns)).problems.map(at)).toEqual(problems);
  });
});
