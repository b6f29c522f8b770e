import {backend_util, util} from '@tensorflow/tfjs-core';

import {type Attributes, dataFormatOf, padOf, pairOf, roundingOf, type Shape4D} from './attributes';

/**
 * Where a convolution's output reads its input: at x[y·stride + ky·dilation - pad] along each axis. Channels are last.
 */
export interface ConvGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
}

/** One axis of the picture. */
export interface ConvAxis {
  /** The number of pixels of x. */
  readonly input: number;
  /** The number of pixels of dy that count. */
  readonly output: number;
  /** The number of pixels of dy in memory. It is larger where the forward pass rounded up. */
  readonly outputInMemory: number;
  readonly filter: number;
  readonly stride: number;
  readonly dilation: number;
  /** The number of padding pixels before the first. */
  readonly pad: number;
}

/**
 * The geometry of a convolution with tfjs's attributes.
 * @param name the operation, for errors.
 * @param x, filter, dy the shapes, in the attributes' data format.
 * @param depthwise whether channels are convolved separately. Only those kernels have `dilations`.
 */
export function convGeometry(
  name: string,
  attrs: Attributes,
  x: Shape4D,
  filter: Shape4D,
  dy: Shape4D,
  depthwise: boolean,
): ConvGeometry {
  const format = dataFormatOf(attrs);
  const dilations = depthwise ? pairOf(attrs, 'dilations', 1) : 1;
  const info = backend_util.computeConv2DInfo(
    x,
    filter,
    pairOf(attrs, 'strides'),
    dilations,
    padOf(attrs),
    roundingOf(attrs),
    depthwise,
    backend_util.convertConv2DDataFormat(format),
  );
  const [batch, height, width, channels] = format === 'NHWC' ? dy : [dy[0], dy[2], dy[3], dy[1]];
  util.assert(
    batch === info.batchSize && channels === info.outChannels && height >= info.outHeight && width >= info.outWidth,
    () =>
      `Error in ${name}: dy has shape [${dy.join()}], but x of shape [${x.join()}] and a filter of shape ` +
      `[${filter.join()}] with these strides and this padding make [${info.outShape.join()}].`,
  );
  return {
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    rows: {
      input: info.inHeight,
      output: info.outHeight,
      outputInMemory: height,
      filter: info.filterHeight,
      stride: info.strideHeight,
      dilation: info.dilationHeight,
      pad: info.padInfo.top,
    },
    columns: {
      input: info.inWidth,
      output: info.outWidth,
      outputInMemory: width,
      filter: info.filterWidth,
      stride: info.strideWidth,
      dilation: info.dilationWidth,
      pad: info.padInfo.left,
    },
  };
}

/** The three axes of a convolution or of pooling over volumes. All pixels of dy in memory count. */
export function volumeAxes(info: backend_util.Conv3DInfo): [ConvAxis, ConvAxis, ConvAxis] {
  return [
    {
      input: info.inDepth,
      output: info.outDepth,
      outputInMemory: info.outDepth,
      filter: info.effectiveFilterDepth,
      stride: info.strideDepth,
      dilation: 1,
      pad: info.padInfo.front,
    },
    {
      input: info.inHeight,
      output: info.outHeight,
      outputInMemory: info.outHeight,
      filter: info.effectiveFilterHeight,
      stride: info.strideHeight,
      dilation: 1,
      pad: info.padInfo.top,
    },
    {
      input: info.inWidth,
      output: info.outWidth,
      outputInMemory: info.outWidth,
      filter: info.effectiveFilterWidth,
      stride: info.strideWidth,
      dilation: 1,
      pad: info.padInfo.left,
    },
  ];
}

/** Whether the convolution is a matrix product over the channels of each pixel. */
export function isPointwise({rows, columns}: ConvGeometry): boolean {
  return [rows, columns].every(
    ({filter, stride, pad, input, output, outputInMemory}) =>
      filter === 1 && stride === 1 && pad === 0 && input === output && output === outputInMemory,
  );
}

/** The taps of output `at` that read inside x: [first, end). */
export function tapsOfOutput({input, filter, stride, pad}: ConvAxis, at: number): [number, number] {
  const start = at * stride - pad;
  return [Math.max(0, -start), Math.min(filter, input - start)];
}

/** The outputs in [from, to) whose tap reads inside x: [first, end). There is none where first >= end. */
export function outputsOfTap(
  {input, stride, dilation, pad}: ConvAxis,
  tap: number,
  from: number,
  to: number,
): [number, number] {
  const shift = tap * dilation - pad;
  return [Math.max(from, Math.ceil(-shift / stride)), Math.min(to, Math.floor((input - 1 - shift) / stride) + 1)];
}
