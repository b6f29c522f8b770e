// The package brings no types. Each entry holds all images of one digit, 28·28 numbers from 0 to 1 an image, one after
// another.
declare module 'mnist' {
  const digits: ReadonlyArray<{readonly raw: readonly number[]}>;
  export default digits;
}
