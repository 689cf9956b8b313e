/**
 * rho(r) = |r|^2 / d: the loss of denoising score matching, minimised by D = E[x0 | x~, y].
 * Source: Vincent 2011, "A connection between score matching and denoising autoencoders", Neural Computation 23.
 */
import * as tf from '@tensorflow/tfjs'
import { elementMean, type Loss } from './loss.js'

export const mse: Loss = {
  name: 'mse',
  options: {},
  value: residual => elementMean(tf.square(residual)),
}
