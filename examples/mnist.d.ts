// The package has no types of its own. Each entry holds all images of one digit, one after another: 28·28 numbers from
// 0 to 1 per image.
declare module 'mnist' {
  const digits: ReadonlyArray<{readonly raw: readonly number[]}>;
  export default digits;
}
