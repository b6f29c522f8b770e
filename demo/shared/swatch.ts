import {svg} from './dom';
import type {Look} from './look';

/** A short piece of an optimizer's line in the charts. */
export function swatch({hue, dash}: Look): SVGSVGElement {
  return svg(
    'svg',
    {class: 'swatch', viewBox: '0 0 24 8', 'aria-hidden': 'true'},
    svg('line', {x1: 1, x2: 23, y1: 4, y2: 4, stroke: `var(--${hue})`, 'stroke-dasharray': dash}),
  );
}
