/** A peer in another language, kept alive between questions so that both sides are timed in turn. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Question {
  readonly network: string
  readonly kind: 'step' | 'forward'
  readonly repeats: number
  readonly threads: number
}

export interface Peer {
  readonly name: string
  milliseconds(question: Question): Promise<number[]>
  close(): void
}

/** PyTorch through `python3` (or what the variable PYTHON names); null with the reason where it cannot be had. */
export async function openPeer(device: 'cpu' | 'cuda'): Promise<Peer | string> {
  const script = fileURLToPath(new URL('../../bench/peers/networks.py', import.meta.url))
  const child = spawn(process.env.PYTHON ?? 'python3', [script, device], { stdio: ['pipe', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  child.on('error', error => (stderr += error.message))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Record<string, unknown> | undefined> => {
    const line = await lines.next()
    return line.done ? undefined : (JSON.parse(line.value) as Record<string, unknown>)
  }
  const hello = await next()
  if (!hello) return stderr.trim().split('\n').at(-1) ?? 'no answer'
  return {
    name: String(hello.peer),
    async milliseconds(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`)
      const answer = await next()
      if (!answer) throw new Error(`the peer stopped: ${stderr.trim()}`)
      return answer.milliseconds as number[]
    },
    close: () => child.stdin.end(),
  }
}
