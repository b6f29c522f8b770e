export function bundleProgram(
  entry: string,
  outfile: string,
  replaced?: Readonly<Record<string, string>>,
): Promise<void>;
