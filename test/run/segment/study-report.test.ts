import { describe, expect, it } from 'vitest'
import type { SegmentationMetrics } from '../../../src/diagnostics/segmentation/evaluate.js'
import { gainCells, studyMarkdown } from '../../../src/run/segment/study-report.js'
import type { StudyRow } from '../../../src/run/segment/study-text.js'

/** A row all of whose metrics are `value`. */
function row(method: string, seed: number, value: number): StudyRow {
  const metrics = {
    pixel: { auroc: value, aupr: value, aupro: value },
    image: { auroc: value },
  } as unknown as SegmentationMetrics
  return { category: 'weave', contamination: 0.2, method, seed, setting: [100, 250], evaluation: { all: metrics, seen: metrics, unseen: null } } // prettier-ignore
}

// Gains 0.1 and 0.3 by seed: mean 0.2, deviation sqrt(0.02); unpaired they would be of the seeds' means.
const rows = [row('mse', 0, 0.5), row('lts', 0, 0.6), row('mse', 1, 0.4), row('lts', 1, 0.7), row('lts', 2, 0.9)]

describe('study report', () => {
  it('pairs gains by seed, and leaves out seeds that plain DDPM does not have', () => {
    const [head, lines] = gainCells(rows)
    expect(head.slice(0, 6)).toEqual(['category', 'contamination', 't', 'method', 'seeds', 'AUROC'])
    expect(lines).toHaveLength(1)
    expect(lines[0]!.slice(0, 6)).toEqual(['weave', '20 %', '100,250', 'lts', '2', '+0.200 +- 0.141'])
  })

  it('says what was run where, and has no table of defects that there are none of', () => {
    const text = studyMarkdown(rows, {
      command: 'npx invdiff segment study',
      config: { steps: 3 },
      versions: { node: '20', invdiff: '1' },
      hardware: { platform: 'linux', arch: 'x64', cpu: 'some', cores: 2, memoryBytes: 1 },
    })
    for (const part of ['npx invdiff segment study', 'some, 2 cores, Node 20', 'Seeds 0, 1, 2', '{"steps":3}', '## Seen defects']) expect(text).toContain(part) // prettier-ignore
    expect(text).not.toContain('Unseen defects')
  })
})
