/** Where a command writes: results to stdout, everything else to stderr. */
export interface Output {
  /** A result; ends in one line break. */
  print(text: string): void
  /** A word to the person at the terminal. */
  note(text: string): void
  /** What is being done now: shown once the command has run for 2 s, so that quick ones stay silent. */
  progress(text: string): void
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

export interface Streams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** Milliseconds of silence before progress is shown. */
const patience = 2000
/** And between two words of progress. */
const pause = 1000

const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

/** An output, and how to silence it when the command is over. */
export function openOutput(
  { stdout, stderr }: Streams,
  signal: AbortSignal,
): { output: Output; readonly close: () => void } {
  let patient = true
  let doing: string | undefined
  let told = -Infinity
  const note = (text: string): void => void stderr.write(ended(text))
  const timer = setTimeout(() => {
    patient = false
    if (doing !== undefined) note(doing)
  }, patience)
  return {
    output: {
      signal,
      note,
      print: text => void stdout.write(ended(text)),
      progress(text) {
        doing = text
        if (patient || performance.now() - told < pause) return
        told = performance.now()
        note(text)
      },
    },
    close: () => {
      clearTimeout(timer)
    },
  }
}
