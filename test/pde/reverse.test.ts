import { describe, expect, it } from 'vitest'
import { gaussianOrder, logLevels, type StepKind } from '../../src/pde/checks/steps.js'
import { density, diffuse, score, testMixture } from '../../src/pde/mixture.js'
import { paths } from '../../src/pde/path.js'
import { diffusionProcess, terminalLaw, tweedie, type Process } from '../../src/pde/process.js'
import { probabilityFlow, reverseFamily } from '../../src/pde/reverse.js'
import { schedules } from '../../src/pde/schedule.js'
import { key, normal } from '../../src/random.js'
import { allPaths } from './processes.js'

const clock = schedules.create('geometric', { sigmaMax: 20 })
const ve = diffusionProcess(clock, paths.create('ve'))
const others = allPaths.filter(({ name }) => name !== 've').map(path => diffusionProcess(clock, path))
const alphas = [0, 0.5, 1, 2, '2*exp(-sigma)', '1-t'] as const
const relative = (a: number, b: number): number => Math.abs(a / b - 1)

/** The exact score and denoiser of the test mixture at z. */
const exactScore = (process: Process, sigma: number, z: number): number =>
  score(diffuse(testMixture, process.kernel(sigma)), z)
const denoise = (process: Process, sigma: number, z: number): number => {
  const { z: a, score: b } = tweedie(process.kernel(sigma))
  return a * z + b * exactScore(process, sigma, z)
}

describe('a constant alpha', () => {
  it.each([0, 0.5, 1, 2])('gives the two steps of theory.md, section 3, at alpha = %f', alpha => {
    for (const process of others) {
      const reverse = reverseFamily(process, alpha)
      const [from, to] = [1.7, 1.2]
      const [xi, next] = [process.path.scale(from), process.path.scale(to)]
      const Delta = from ** 2 - to ** 2
      const frozen = reverse.scoreFrozen(from, to)
      expect(relative(frozen.z, next / xi)).toBeLessThan(1e-14)
      expect(relative(frozen.score, ((1 + alpha) / 2) * xi * next * Delta)).toBeLessThan(1e-14)
      expect(Math.abs(frozen.w - next * Math.sqrt(alpha * Delta))).toBeLessThan(1e-14)
      const power = (to / from) ** (1 + alpha)
      const step = reverse.denoiserFrozen(from, to)
      expect(relative(step.z, (next / xi) * power)).toBeLessThan(1e-14)
      expect(relative(step.denoised, next * (1 - power))).toBeLessThan(1e-13)
      expect(Math.abs(step.w - next * to * Math.sqrt(1 - (to / from) ** (2 * alpha)))).toBeLessThan(1e-14)
    }
  })

  it('ends at the denoiser: a step to sigma = 0 gives z = D without noise', () => {
    const process = diffusionProcess(schedules.create('exponential-rate'), paths.create('vp-k'))
    for (const alpha of [...alphas, '2*exp(-sigma)*sigma'])
      expect(reverseFamily(process, alpha).denoiserFrozen(0.3, 0)).toEqual({ z: 0, denoised: 1, w: 0 })
  })
})

describe('an alpha that varies over a step', () => {
  it('composes: two denoiser-frozen steps with one D are the step over both', () => {
    for (const alpha of alphas) {
      const { denoiserFrozen } = reverseFamily(others[2]!, alpha)
      const [a, b, whole] = [denoiserFrozen(3, 1.1), denoiserFrozen(1.1, 0.2), denoiserFrozen(3, 0.2)]
      expect(relative(a.z * b.z, whole.z)).toBeLessThan(1e-11)
      expect(relative(a.denoised * b.z + b.denoised, whole.denoised)).toBeLessThan(1e-11)
      expect(Math.abs(Math.hypot(a.w * b.z, b.w) - whole.w)).toBeLessThan(1e-11)
    }
  })

  it('composes: two score-frozen steps with one score of x are the step over both', () => {
    for (const alpha of alphas) {
      const process = others[2]!
      const { scoreFrozen } = reverseFamily(process, alpha)
      const xi = (sigma: number): number => process.path.scale(sigma)
      const [a, b, whole] = [scoreFrozen(3, 1.1), scoreFrozen(1.1, 0.2), scoreFrozen(3, 0.2)]
      expect(relative(a.z * b.z, whole.z)).toBeLessThan(1e-11)
      expect(relative((a.score / xi(3)) * b.z + b.score / xi(1.1), whole.score / xi(3))).toBeLessThan(1e-11)
      expect(Math.abs(Math.hypot(a.w * b.z, b.w) - whole.w)).toBeLessThan(1e-11)
    }
  })

  it('has the closed-form integrals: alpha = c sigma^2 and, on a geometric clock, alpha = t', () => {
    const [from, to] = [3, 0.2]
    const xi = ve.path.scale(to)
    const squares = reverseFamily(ve, '0.3*sigma^2')
    expect(relative(squares.scoreFrozen(from, to).w, xi * Math.sqrt(0.15 * (from ** 4 - to ** 4)))).toBeLessThan(1e-12)
    expect(relative(squares.alpha.decay(from, to), 0.15 * (from ** 2 - to ** 2))).toBeLessThan(1e-12)
    const time = reverseFamily(ve, 't').alpha // t = ln(sigma/0.01)/ln 2000: int t dln sigma = ln 2000 (t^2 - t'^2)/2
    const t = (sigma: number): number => Math.log(sigma / 0.01) / Math.log(2000)
    expect(relative(time.decay(from, to), (Math.log(2000) * (t(from) ** 2 - t(to) ** 2)) / 2)).toBeLessThan(1e-12)
  })

  it('is the constant when its formula is one', () => {
    const [written, constant] = [reverseFamily(others[1]!, '1.5'), reverseFamily(others[1]!, 1.5)]
    for (const kind of ['scoreFrozen', 'denoiserFrozen'] as const) {
      const [a, b] = [written, constant].map(family => Object.values<number>({ ...family[kind](2, 0.5) }))
      a!.forEach((value, i) => expect(relative(value, b![i]!)).toBeLessThan(1e-12))
    }
  })

  it('uses t also where its derivative in t vanishes', () => {
    expect(reverseFamily(ve, 't < 0.5 ? 0 : 1').alpha.at(19)).toBe(1)
  })
})

describe('bad input', () => {
  it('names a negative alpha and its place, and steps that go up', () => {
    expect(() => reverseFamily(ve, -1)).toThrow('alpha = -1 is not a finite number >= 0')
    expect(() => reverseFamily(ve, NaN)).toThrow('alpha = NaN')
    expect(() => reverseFamily(ve, 't-0.5')).toThrow('alpha = t-0.5 is -0.5 at t = 0')
    const pairs: [number, number][] = [[1, 2], [1, 1], [1, -1], [NaN, 0]] // prettier-ignore
    const { scoreFrozen, denoiserFrozen, increments } = reverseFamily(ve, 1)
    for (const step of [scoreFrozen, denoiserFrozen, increments])
      for (const [from, to] of pairs) expect(() => step(from, to)).toThrow('wants 0 <= to < from')
    expect(() => ve.drift(0)).toThrow('b(t) may diverge at t = 0')
  })
})

describe('equivalence of the paths', () => {
  /** Iterates in x = z/xi of the score-frozen step with the exact score, from x w at the first level. */
  function iterates(process: Process, alpha: number | string): number[] {
    const reverse = reverseFamily(process, alpha)
    const levels = logLevels(reverse, 40)
    const noise = normal(key(1), new Float64Array(40))
    let z = 13 * process.path.scale(levels[0]!)
    return levels.slice(1).map((to, n) => {
      const step = reverse.scoreFrozen(levels[n]!, to)
      z = step.z * z + step.score * exactScore(process, levels[n]!, z) + step.w * noise[n]!
      return z / process.path.scale(to)
    })
  }

  it('score-frozen steps give the iterates of VE for every path and alpha, to 1e-10', () => {
    for (const alpha of alphas) {
      const expected = iterates(ve, alpha)
      for (const process of others)
        iterates(process, alpha).forEach((x, n) => expect(Math.abs(x - expected[n]!)).toBeLessThan(1e-10))
    }
  })

  /** x = z/xi and ln p(x) - ln p_T(x_T) along the probability-flow ODE, from x at sigma = 20 to 0.01, by Runge-Kutta. */
  function flow(process: Process, x: number, steps = 2000): { x: number; gain: number } {
    const h = Math.log(0.01 / 20) / steps
    const slope = (u: number, z: number): [number, number] => {
      const sigma = Math.exp(u)
      const rate = probabilityFlow(process, sigma)
      const e = 1e-4 * Math.hypot(process.kernel(sigma).m, process.kernel(sigma).s)
      const D = (z: number): number => denoise(process, sigma, z)
      const divergence = (8 * (D(z + e) - D(z - e)) - (D(z + 2 * e) - D(z - 2 * e))) / (12 * e)
      return [rate.z * z + rate.denoised * D(z), -(rate.z + rate.denoised * divergence)]
    }
    let z = process.path.scale(20) * x
    let gain = 0
    for (let n = 0; n < steps; n++) {
      const u = Math.log(20) + n * h
      const k1 = slope(u, z)
      const k2 = slope(u + h / 2, z + (h / 2) * k1[0])
      const k3 = slope(u + h / 2, z + (h / 2) * k2[0])
      const k4 = slope(u + h, z + h * k3[0])
      z += (h / 6) * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0])
      gain += (h / 6) * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1])
    }
    return { x: z / process.path.scale(0.01), gain }
  }

  it('probability-flow trajectories are those of VE after rescaling, to 1e-6', () => {
    for (const start of [-31, 4, 18]) {
      const expected = flow(ve, start).x
      for (const process of others) expect(Math.abs(flow(process, start).x - expected)).toBeLessThan(1e-6)
    }
  })

  it('the log-density along the flow is that of the closed form, for every path', () => {
    for (const process of [ve, ...others]) {
      const logDensity = (sigma: number, x: number): number =>
        Math.log(density(diffuse(testMixture, process.kernel(sigma)), process.path.scale(sigma) * x))
      const { x, gain } = flow(process, 18)
      expect(Math.abs(logDensity(20, 18) + gain - logDensity(0.01, x))).toBeLessThan(1e-6)
    }
  })
})

describe('order', () => {
  it.each(['scoreFrozen', 'denoiserFrozen'] as StepKind[])(
    '%s has order 1 on the Gaussian, in VE and every VP',
    kind => {
      for (const process of [ve, ...others])
        for (const alpha of alphas)
          expect(gaussianOrder(reverseFamily(process, alpha), kind)).toMatchObject({ holds: true })
    },
  )
})

describe('terminal law and Tweedie', () => {
  it('starts at m^2 C + s^2, which is not 1 for k = 1', () => {
    const one = diffusionProcess(clock, paths.create('vp-k', { k: 1 })).kernel(20)
    expect(terminalLaw(one).variance).toBeCloseTo((1 + 400) / 441, 12)
    expect(terminalLaw(diffusionProcess(clock, paths.create('vp')).kernel(20)).variance).toBeCloseTo(1, 14)
    expect(terminalLaw(one, { mean: 2, variance: 0 })).toEqual({ mean: 2 * one.m, variance: one.s ** 2 })
  })

  it('denoises a Gaussian to its conditional mean', () => {
    for (const process of others) {
      const kernel = process.kernel(0.8)
      const [mu, c, z] = [0.4, 0.7, 1.1]
      const P = kernel.m ** 2 * c + kernel.s ** 2
      const D = tweedie(kernel).z * z - (tweedie(kernel).score * (z - kernel.m * mu)) / P
      expect(D).toBeCloseTo(mu + ((kernel.m * c) / P) * (z - kernel.m * mu), 12)
    }
  })
})
