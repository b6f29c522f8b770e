import type {HostTensor} from './host_tensor';

/**
 * @param name of a tensor in a file.
 * @param owner what needs it, as errors call it.
 * @throws where the tensor has another type or shape than is needed.
 */
export function checkTensor(
  name: string,
  {dtype, shape}: HostTensor,
  neededType: string,
  neededShape: readonly number[],
  owner: string,
): void {
  if (dtype !== neededType || shape.join() !== neededShape.join())
    throw new Error(
      `'${name}' is ${dtype} of shape [${shape}] in the file; ${owner} needs ${neededType} of shape [${neededShape}].`,
    );
}
