/** Textures by name. */
import { grain } from './grain.js'
import { grid } from './grid.js'
import { metal } from './metal.js'
import type { TextureFactory } from './texture.js'
import { tiles } from './tiles.js'
import { weave } from './weave.js'

export const textures = { weave, grid, grain, tiles, metal } satisfies Record<string, TextureFactory>
export type TextureName = keyof typeof textures
export const textureNames = Object.keys(textures) as TextureName[]
