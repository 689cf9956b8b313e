import { describe, expect, it } from 'vitest'
import { formula } from '../../src/expression.js'
import { xy } from './formulas.js'

describe('latex', () => {
  const variables = ['x', 'y', 'sigma', 'sigma_max', 'x1', 'theta_1', 'speed', 'k_B_eff', 'alpha2_min']
  it.each([
    ['0.01*(50/0.01)^x', '0.01 \\cdot \\left(\\frac{50}{0.01}\\right)^{x}'],
    ['-x^2', '-x^{2}'],
    ['(-x)^2', '\\left(-x\\right)^{2}'],
    ['(x^2)^3', '\\left(x^{2}\\right)^{3}'],
    ['x^-y', 'x^{-y}'],
    ['sin(x)^2', '\\left(\\sin\\left(x\\right)\\right)^{2}'],
    ['x - (y - 1)', 'x - \\left(y - 1\\right)'],
    ['x - y - 1', 'x - y - 1'],
    ['x * (y + 1)', 'x \\cdot \\left(y + 1\\right)'],
    ['x * -y', 'x \\cdot \\left(-y\\right)'],
    ['-(x + y)', '-\\left(x + y\\right)'],
    ['x / (y + 1) * 2', '\\frac{x}{y + 1} \\cdot 2'],
    ['sqrt(x) + cbrt(y)', '\\sqrt{x} + \\sqrt[3]{y}'],
    ['abs(x - 1)', '\\left|x - 1\\right|'],
    ['floor(x)', '\\left\\lfloor x\\right\\rfloor'],
    ['exp(log(x))', '\\exp\\left(\\ln\\left(x\\right)\\right)'],
    ['max(x, y, 1)', '\\max\\left(x, y, 1\\right)'],
    ['atan2(y, x)', '\\operatorname{atan2}\\left(y, x\\right)'],
    ['x <= 1 ? x : y', '\\begin{cases} x & \\text{if } x \\le 1 \\\\ y & \\text{otherwise} \\end{cases}'],
    ['1e-7 * x', '10^{-7} \\cdot x'],
    ['2.5e21^x', '\\left(2.5 \\cdot 10^{21}\\right)^{x}'],
    ['pi * sigma * sigma_max', '\\pi \\cdot \\sigma \\cdot \\sigma_{\\mathrm{max}}'],
    ['x1 + theta_1 + speed', 'x_{1} + \\theta_{1} + \\mathrm{speed}'],
    ['k_B_eff + alpha2_min', 'k_{B,\\mathrm{eff}} + \\alpha_{2,\\mathrm{min}}'],
  ])('of %s', (text, expected) => {
    expect(formula(text, { variables }).latex()).toBe(expected)
  })

  it('stays linear for nested functions', () => {
    expect(formula(`${'sin('.repeat(45)}x${')'.repeat(45)}`, xy).latex().length).toBeLessThan(45 * 30)
  })
})
