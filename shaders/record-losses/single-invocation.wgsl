// Writes the losses of this step into slot (step mod capacity) of a ring: style sum, content sum (each
// term times its factor), total variation (all unweighted) and the weighted total. Term k of a list of losses lies at element k * stride.
// One invocation does all of it. Numerics: f32, terms in index order.

struct Params {
  style_terms: u32,
  content_terms: u32,
  capacity: u32,
  stride: u32,
}

@group(0) @binding(0) var<storage, read> styleLosses: array<f32>;
@group(0) @binding(1) var<storage, read> contentLosses: array<f32>;
@group(0) @binding(2) var<storage, read> contentFactors: array<f32>;
@group(0) @binding(3) var<storage, read> tv: array<f32>;
@group(0) @binding(4) var<storage, read> weights: array<f32>; // style, content, total variation
@group(0) @binding(5) var<storage, read> step: array<u32>;
@group(0) @binding(6) var<storage, read_write> ring: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  var style = 0.0;
  for (var k = 0u; k < params.style_terms; k++) {
    style += styleLosses[k * params.stride];
  }
  var content = 0.0;
  for (var k = 0u; k < params.content_terms; k++) {
    content += contentFactors[k] * contentLosses[k * params.stride];
  }
  let slot = (step[0] % params.capacity) * 4u;
  ring[slot] = style;
  ring[slot + 1u] = content;
  ring[slot + 2u] = tv[0];
  ring[slot + 3u] = weights[0] * style + weights[1] * content + weights[2] * tv[0];
}
