/** Why there are no pictures of the webcam, and what to do. @param error what the browser threw. */
export function whyNoWebcam(error: unknown): string {
  const {name, message} = error instanceof Error ? error : new Error(String(error));
  const why = REASONS[name] ?? `The webcam did not start: ${message.replace(/\.$/, '')}.`;
  return `${why} You can also drop or choose picture files.`;
}

const REASONS: Readonly<Record<string, string>> = {
  NotAllowedError: 'The browser does not let the page use the webcam. Allow it in the settings of this page.',
  NotFoundError: 'There is no webcam.',
  NotReadableError: 'The webcam is in use. Close the program that uses it.',
};

/** For a browser without webcams, or a page that is not served by https. */
export const NO_WEBCAMS = new Error('Browsers show it only to pages that are served by https.');
