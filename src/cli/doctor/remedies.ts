/** What a user can do where an engine or a device is missing. */
import type { Device } from '../../compile/index.js'
import type { Engine } from './engines.js'

type Platform = Pick<NodeJS.Process, 'platform' | 'arch'>

/** The way to a device on this platform; `undefined` where there is none. */
export function deviceRemedy(device: Device, { platform, arch }: Platform = process): string | undefined {
  switch (device) {
    case 'cuda':
      return platform === 'linux' && arch === 'x64'
        ? 'With an NVIDIA GPU, its driver, CUDA 12 and cuDNN 9: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node'
        : undefined
    case 'webgpu':
      return platform === 'linux'
        ? "Install the Vulkan loader (libvulkan1 on Debian and Ubuntu) and the GPU's Vulkan driver."
        : "Install the GPU's current driver."
    case 'coreml':
      return platform === 'darwin' ? 'CoreML needs macOS 11 or newer.' : undefined
    case 'dml':
      return platform === 'win32' ? 'DirectML needs Windows 10 1903 or newer and a GPU with DirectX 12.' : undefined
    case 'cpu':
      return 'Reinstall with: npm rebuild onnxruntime-node'
  }
  return device satisfies never
}

export function engineRemedy(engine: Engine): string | undefined {
  switch (engine) {
    case 'onnx':
      return 'Reinstall with: npm rebuild onnxruntime-node'
    case 'tensorflow':
      return 'Optional: npm install --no-save @tensorflow/tfjs-node-gpu, where its download host can be reached.'
    case 'cpu':
      return 'Reinstall with: npm ci'
  }
  return engine satisfies never
}
