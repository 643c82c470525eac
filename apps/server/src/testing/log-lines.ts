/** Characters that end a line, move the cursor, or change the direction of text; without the line feed. */
export const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/;

export interface Line {
  level: number;
  msg: string;
  err?: { message: string; stack: string };
}

/** Reads the lines of a log. Every line has to be a JSON object without control characters. */
export function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      expect(line).not.toMatch(CONTROL);
      try {
        return JSON.parse(line) as Line;
      } catch {
        throw new Error(`This line is no JSON: ${line}`);
      }
    });
}
