import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

const MAX_BLOCKS = 50;
const MAX_ATTACHMENTS = 100;
const MAX_BLOCK_TEXT = 13_200;

/** What Slack says of a message that it does not take; undefined where it takes it. */
export function slackFault(payload: JsonObject): string | undefined {
  const attachments = payload['attachments'] ?? [];
  if (!Array.isArray(attachments)) return 'invalid_attachments';
  if (attachments.length > MAX_ATTACHMENTS) return 'too_many_attachments';
  const lists = [payload, ...attachments.filter(isJsonObject)].map((part) => part['blocks'] ?? []);
  if (!lists.every(blocksAreValid)) return 'invalid_blocks';
  if (lists.reduce((sum: number, blocks) => sum + textLength(blocks), 0) > MAX_BLOCK_TEXT)
    return 'msg_blocks_too_long';
  if (isEmpty(payload['text']) && isEmpty(payload['blocks']) && attachments.length === 0) return 'no_text';
  return undefined;
}

function isEmpty(value: Json | undefined): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

function blocksAreValid(blocks: Json): boolean {
  return Array.isArray(blocks) && blocks.length <= MAX_BLOCKS && blocks.every(blockIsValid);
}

function blockIsValid(block: Json): boolean {
  if (!isJsonObject(block)) return false;
  switch (block['type']) {
    case 'header':
      return textFits(block['text'], 150, ['plain_text']);
    case 'section':
      return sectionIsValid(block);
    case 'context':
      return elementsFit(block['elements'], 10, contextElementIsValid);
    case 'actions':
      return elementsFit(block['elements'], 25, buttonIsValid);
    case 'divider':
      return true;
    case 'rich_text':
      return Array.isArray(block['elements']);
    default:
      return false;
  }
}

function sectionIsValid(block: JsonObject): boolean {
  const { text, fields } = block;
  if (text === undefined && fields === undefined) return false;
  if (text !== undefined && !textFits(text, 3_000)) return false;
  return fields === undefined || elementsFit(fields, 10, (field) => textFits(field, 2_000));
}

function contextElementIsValid(element: Json): boolean {
  return (isJsonObject(element) && element['type'] === 'image') || textFits(element, 2_000);
}

function buttonIsValid(element: Json): boolean {
  if (!isJsonObject(element)) return false;
  if (element['type'] !== 'button') return typeof element['type'] === 'string';
  const url = element['url'] ?? '';
  return textFits(element['text'], 75, ['plain_text']) && typeof url === 'string' && url.length <= 3_000;
}

function elementsFit(elements: Json | undefined, most: number, isValid: (element: Json) => boolean): boolean {
  return Array.isArray(elements) && elements.length > 0 && elements.length <= most && elements.every(isValid);
}

function textFits(text: Json | undefined, most: number, types = ['plain_text', 'mrkdwn']): boolean {
  if (!isJsonObject(text) || typeof text['type'] !== 'string' || !types.includes(text['type'])) return false;
  return typeof text['text'] === 'string' && text['text'].length > 0 && text['text'].length <= most;
}

/** All `text` inside, however deep it stands. */
function textLength(value: Json | undefined): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item), 0);
  if (!isJsonObject(value)) return 0;
  const own = typeof value['text'] === 'string' ? value['text'].length : 0;
  return Object.values(value).reduce((sum: number, item) => sum + textLength(item), own);
}
