/** Networks from plain JSON, as it stands in `model.json` and in a problem's configuration. */
import { mlp, type MlpOptions } from './mlp.js'
import type { Network } from './network.js'
import { unet, type UNetOptions } from './unet.js'

export { mlp, type MlpOptions } from './mlp.js'
export { unet, type UNetOptions } from './unet.js'
export { parameterCount } from './parameters.js'

/** What `openNetwork` takes. */
export type NetworkSpec = ({ readonly kind: 'mlp' } & MlpOptions) | ({ readonly kind: 'unet' } & UNetOptions)

interface Kind {
  readonly options: readonly string[]
  readonly open: (spec: never) => Network
}

const kinds: Readonly<Record<NetworkSpec['kind'], Kind>> = {
  mlp: { options: ['shape', 'channels', 'embedding', 'width', 'blocks'] satisfies (keyof MlpOptions)[], open: mlp },
  unet: {
    options: [
      'shape',
      'channels',
      'embedding',
      'patch',
      'widths',
      'blocks',
      'groups',
      'heads',
      'embeddingWidth',
    ] satisfies (keyof UNetOptions)[],
    open: unet,
  },
}

/**
 * The network of a spec; `openNetwork(network.spec)` is the same network.
 *
 * @throws RangeError that names the kind or option that does not exist, or the value that does not fit.
 */
export function openNetwork(spec: unknown): Network {
  if (typeof spec !== 'object' || spec === null)
    throw new RangeError(`network: wants an object with 'kind', not ${String(spec)}`)
  const { kind, ...options } = spec as Record<string, unknown>
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind))
    throw new RangeError(`network: there is no kind '${String(kind)}'; kinds: ${Object.keys(kinds).join(', ')}`)
  const found = kinds[kind as NetworkSpec['kind']]
  for (const name of Object.keys(options))
    if (!found.options.includes(name))
      throw new RangeError(`network: ${kind} has no option '${name}'; options: ${found.options.join(', ')}`)
  return found.open(options as never)
}
