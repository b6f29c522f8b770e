import {SYMBOLIC_AXES} from '../rule/axes';
import type {Reduction} from './graph';
import {type Recorder, type ReduceAlong, ShapeRead, Untraceable} from './traced';

/** Reduces a value to one number per row or per column. */
export const reduceAlong: ReduceAlong = (at, a, op, axis, keepDims) => {
  const extent = extentAlong(at, op, axis, keepDims);
  if (a.extent === extent || (a.extent === 'scalar' && Array.isArray(axis))) return a;
  if (a.extent !== 'full') throw new Untraceable(`${op}() along an axis of a value of another shape`);
  const {matrix} = at.shapes;
  if (matrix === undefined) throw new ShapeRead('matrix');
  // Along an axis of one element every value is its own sum and mean.
  return (extent === 'cols' ? matrix.hasOneRow : matrix.hasOneColumn) ? a : at.reduce(op, a, extent);
};

/** The extent of a reduction along these axes. */
function extentAlong({shape, shapes}: Recorder, op: Reduction, axis: unknown, keepDims: unknown): 'rows' | 'cols' {
  if (!shapes.hasAxes) throw new Untraceable(`${op}() along an axis, on this backend`);
  if (keepDims !== true) throw new Untraceable(`${op}() along an axis without keepDims; write ${op}(-1, true)`);
  if (axis === SYMBOLIC_AXES.last || (axis === -1 && shape?.length !== 0)) return 'rows';
  if (axis === SYMBOLIC_AXES.others) return 'cols';
  if (shape === undefined) throw new ShapeRead('shape');
  const last = shape.length - 1;
  const axes = new Set([axis].flat().map(one => (typeof one === 'number' && one < 0 ? one + shape.length : one)));
  if (axes.size === 1 && axes.has(last)) return 'rows';
  if (axes.size === last && !axes.has(last) && [...axes].every(one => typeof one === 'number' && one in shape))
    return 'cols';
  throw new Untraceable(`${op}() along the axes ${String(axis)}; the last axis, or all others, can be fused`);
}
