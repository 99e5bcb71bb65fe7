/** Longer texts are cut before anything looks at them, so that no text costs more than this. */
const LONGEST_INPUT = 8_000;
const LINE_BREAKS_AND_CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** Bidirectional controls, zero-width characters, fillers that show as nothing, tag characters. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu;

/** A text of somebody else as one line that shows all it holds: nothing invisible, nothing that changes direction. */
export function legible(text: string): string {
  return text
    .slice(0, LONGEST_INPUT)
    .toWellFormed()
    .replace(INVISIBLE, '')
    .replace(LINE_BREAKS_AND_CONTROLS, ' ')
    .replace(STACKED_MARKS, '$1');
}
