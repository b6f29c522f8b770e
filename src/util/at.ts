/**
 * The element at an index that must be in the list.
 * @throws where it is not, because a wrong index is a bug.
 */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`Index ${index} is out of range: the list has ${list.length} elements.`);
  return found;
}
