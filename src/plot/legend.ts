/** One line of a legend: a name, and how it looks in the chart. */
export interface Entry {
  readonly name: string;
  readonly color: string;
  /** The dashes of a line, such as `'4,3'`. Default: none. */
  readonly dash?: string;
  /** Whether it is a dot in the chart, and not a line. Default false. */
  readonly isDot?: boolean;
  /** Whether its dots are circles that are not filled. Default false. */
  readonly isHollow?: boolean;
}

const SVG = 'http://www.w3.org/2000/svg';
const ROW = 18;
/** The left end of the first entry. */
const LEFT = 12;
/** The width of the picture before a name, and of the gap behind it. */
const [PICTURE, GAP] = [22, 18];
/** The widths of most lowercase letters, and of others. They are guesses: without a page, nothing measures text. */
const [NARROW, WIDE] = [7, 12];

/**
 * A legend above a chart. It has as many entries beside each other as fit. Observable Plot's own legends are HTML,
 * which a file of SVG cannot contain.
 * @returns its element, and its height in pixels.
 */
export function legendOf(
  entries: readonly Entry[],
  document: Document,
  width: number,
): {readonly element: SVGElement; readonly rows: number} {
  const make = (name: string, attributes: Readonly<Record<string, string | number>>) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    return made;
  };
  const group = make('g', {'aria-label': 'legend', 'text-anchor': 'start'});
  let [x, y] = [LEFT, ROW];
  for (const {name, color, dash = 'none', isDot = false, isHollow = false} of entries) {
    const space = PICTURE + guessedWidth(name);
    if (x > LEFT && x + space > width) [x, y] = [LEFT, y + ROW];
    const text = make('text', {x: x + PICTURE, y});
    text.textContent = name;
    const middle = y - 4;
    group.append(
      isDot
        ? make('circle', {cx: x + 8, cy: middle, r: 4, ...inkOf(color, isHollow)})
        : make('path', {d: `M${x},${middle}h16`, stroke: color, 'stroke-width': 2, 'stroke-dasharray': dash}),
      text,
    );
    x += space + GAP;
  }
  return {element: group, rows: entries.length === 0 ? 0 : y};
}

/** How a dot is painted. */
export function inkOf(color: string, isHollow: boolean): {readonly fill: string; readonly stroke: string} {
  return {fill: isHollow ? 'none' : color, stroke: isHollow ? color : 'none'};
}

function guessedWidth(name: string): number {
  return Array.from(name).reduce((sum, letter) => sum + (/[a-ln-vx-z\d _.,-]/.test(letter) ? NARROW : WIDE), 0);
}
