/** A peer in another language, kept alive between questions so that both sides are timed in turn. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A process that answers one line of JSON with another. */
export interface Conversation {
  /** What it calls itself. */
  readonly name: string
  ask(question: object): Promise<Record<string, unknown>>
  close(): void
}

/** A script of bench/peers through `python3` (or what the variable PYTHON names); the reason where it cannot be had. */
export async function converse(script: string, args: readonly string[] = []): Promise<Conversation | string> {
  const file = fileURLToPath(new URL(`../../bench/peers/${script}`, import.meta.url))
  const child = spawn(process.env.PYTHON ?? 'python3', [file, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
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
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`)
      const answer = await next()
      if (!answer) throw new Error(`the peer stopped: ${stderr.trim()}`)
      return answer
    },
    close: () => child.stdin.end(),
  }
}

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

/** PyTorch, or the reason why it cannot be had. */
export async function openPeer(device: 'cpu' | 'cuda'): Promise<Peer | string> {
  const peer = await converse('networks.py', [device])
  if (typeof peer === 'string') return peer
  return {
    name: peer.name,
    milliseconds: async question => (await peer.ask(question)).milliseconds as number[],
    close: () => {
      peer.close()
    },
  }
}
