import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { aupro } from '../../../src/diagnostics/segmentation/aupro.js'
import { detectionMetrics } from '../../../src/diagnostics/segmentation/evaluate.js'
import { rank } from '../../../src/diagnostics/segmentation/ranked.js'
import { array } from '../../../src/io/array.js'
import { writeNpz } from '../../../src/io/npz.js'
import { key, normal, uniform } from '../../../src/random.js'

// PYTHON names another interpreter than python3.
const python = process.env.PYTHON ?? 'python3'
const { status } = spawnSync(python, ['-W', 'ignore', '-c', 'import numpy, sklearn, scipy'])

/** AUROC, AUPR, average precision, F1-max; AUPRO by scikit-learn's ROC of each component that SciPy finds. */
const script = `
import sys, numpy as np
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score, roc_curve
from scipy.ndimage import label
with np.load(sys.argv[1]) as data: maps, masks = data['maps'], data['masks']
s, y = maps.ravel(), masks.ravel() > 0
p, r, _ = precision_recall_curve(y, s)
with np.errstate(invalid='ignore'): f1 = np.nanmax(2 * p * r / (p + r))
print(repr(float(roc_auc_score(y, s))), repr(float(auc(r, p))), repr(float(average_precision_score(y, s))), repr(float(f1)))
areas, limit = [], 0.3
for map_, mask in zip(maps, masks):
    components, n = label(mask, np.ones((3, 3)))
    for k in range(1, n + 1):
        region = map_[components == k]
        f, t, _ = roc_curve(np.r_[np.zeros(sum(~y)), np.ones(len(region))], np.r_[s[~y], region], drop_intermediate=False)
        keep = f <= limit
        areas.append(auc(np.r_[f[keep], limit], np.r_[t[keep], np.interp(limit, f, t)]) / limit)
print(repr(float(np.mean(areas))))
`

it.skipIf(status !== 0)('agrees with scikit-learn, with and without ties', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'invdiff-'))
  try {
    for (const [seed, step] of [
      [1, 0],
      [2, 0.5],
      [3, 0.02],
    ] as const) {
      // prettier-ignore
      const shape = [5, 20, 24]
      const size = 5 * 20 * 24
      const masks = uniform(key(seed, 'mask'), new Float32Array(size)).map(u => (u < 0.12 ? 1 : 0))
      const noise = normal(key(seed, 'map'), new Float64Array(size)).map((v, i) => v + masks[i]!)
      const maps = array(
        noise.map(v => (step === 0 ? v : step * Math.round(v / step))),
        shape,
      )
      const marks = array(Uint8Array.from(masks), shape)
      const file = join(folder, `${seed}.npz`)
      await writeNpz(file, { maps, masks: marks })
      const numbers = execFileSync(python, ['-c', script, file], { encoding: 'utf8' }).trim().split(/\s+/).map(Number)
      const { auroc, aupr, averagePrecision, f1Max } = detectionMetrics(rank(maps, marks))
      const ours = [auroc, aupr, averagePrecision, f1Max.f1, aupro(maps, marks)]
      // Sums of 2,400 terms in double precision.
      ours.forEach((value, i) => expect(Math.abs(value - numbers[i]!)).toBeLessThan(1e-12))
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
