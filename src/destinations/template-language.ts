/** What a template may say. Left out is what writes a value unescaped, what reads files, and what no bound holds. */
export const TAGS: ReadonlySet<string> = new Set([
  ...['if', 'unless', 'case', 'for', 'break', 'continue'],
  ...['assign', 'comment', 'raw', '#'],
]);

export const FILTERS: ReadonlySet<string> = new Set([
  ...['default', 'json', 'date', 'size'],
  ...[
    'append',
    'prepend',
    'upcase',
    'downcase',
    'capitalize',
    'strip',
    'squish',
    'truncate',
    'truncatewords',
  ],
  ...['replace', 'replace_first', 'remove', 'remove_first', 'split', 'slice', 'url_encode'],
  ...[
    'first',
    'last',
    'join',
    'map',
    'where',
    'reject',
    'compact',
    'concat',
    'reverse',
    'sort',
    'uniq',
    'sum',
  ],
  ...['plus', 'minus', 'times', 'divided_by', 'modulo', 'round', 'ceil', 'floor', 'abs'],
  ...['at_least', 'at_most'],
]);
