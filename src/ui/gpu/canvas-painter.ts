import picture from '../../../shaders/display/picture.wgsl?raw';
import triangle from '../../../shaders/display/triangle.wgsl?raw';
import { USAGE } from '../../engine/buffers.js';
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';

interface Target {
  readonly engine: Engine;
  readonly context: GPUCanvasContext;
  readonly pipeline: GPURenderPipeline;
  readonly params: GPUBuffer;
}

const pipelines = new WeakMap<Engine, GPURenderPipeline>();

function pipelineOf(engine: Engine, format: GPUTextureFormat): GPURenderPipeline {
  let pipeline = pipelines.get(engine);
  if (pipeline === undefined) {
    const { device } = engine;
    pipeline = device.createRenderPipeline({
      label: 'picture',
      layout: 'auto',
      vertex: { module: device.createShaderModule({ label: 'display/triangle.wgsl', code: triangle }), entryPoint: 'main' },
      fragment: { module: device.createShaderModule({ label: 'display/picture.wgsl', code: picture }), entryPoint: 'main', targets: [{ format }] },
    });
    pipelines.set(engine, pipeline);
  }
  return pipeline;
}

/** Draws a picture in GPU memory to a canvas on the engine's device, without reading it back. */
export class CanvasPainter {
  readonly #canvas: HTMLCanvasElement;
  #target: Target | undefined;
  #bound: { readonly buffer: GPUBuffer; readonly group: GPUBindGroup } | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /**
   * Draws f32 [height, width, 3] from `buffer`. The canvas takes the picture's size.
   *
   * @throws GramaryeError `unsupported` when the canvas has no WebGPU context.
   */
  draw(engine: Engine, buffer: GPUBuffer, { height, width }: { readonly height: number; readonly width: number }): void {
    if (engine.isLost) return;
    const target = this.#targetFor(engine);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    engine.write(target.params, Uint32Array.of(height, width));
    if (this.#bound?.buffer !== buffer) {
      const entries = [buffer, target.params].map((bound, binding) => ({ binding, resource: { buffer: bound } }));
      this.#bound = { buffer, group: engine.device.createBindGroup({ label: 'picture', layout: target.pipeline.getBindGroupLayout(0), entries }) };
    }
    const encoder = engine.device.createCommandEncoder({ label: 'picture' });
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view: target.context.getCurrentTexture().createView(), loadOp: 'clear', storeOp: 'store' }] });
    pass.setPipeline(target.pipeline);
    pass.setBindGroup(0, this.#bound.group);
    pass.draw(3);
    pass.end();
    engine.device.queue.submit([encoder.finish()]);
  }

  /** Lets go of the device. What was drawn last may disappear. */
  release(): void {
    this.#target?.params.destroy();
    this.#target?.context.unconfigure();
    this.#target = undefined;
    this.#bound = undefined;
  }

  #targetFor(engine: Engine): Target {
    if (this.#target?.engine === engine) return this.#target;
    this.release();
    const context = this.#canvas.getContext('webgpu');
    if (context === null) throw new GramaryeError('unsupported', 'This canvas gives no WebGPU context.', { remedy: 'Restart the browser.' });
    const format = navigator.gpu.getPreferredCanvasFormat();
    context.configure({ device: engine.device, format, alphaMode: 'opaque' });
    const params = engine.device.createBuffer({ label: 'picture params', size: 16, usage: USAGE.uniform | USAGE.copyTarget });
    this.#target = { engine, context, pipeline: pipelineOf(engine, format), params };
    return this.#target;
  }
}
