// L-BFGS, first pass of the inner products: partial sums over elements. With s = image - base, y = gradient - baseGradient
// (0 where s is 0) and g = gradient (0 where the image is at a bound and descent would leave it), row j < history holds
// s_j·y, s·y_j, y_j·y, s_j·g, y_j·g, 0, and the last row s·y, s·baseGradient, y·y, s·g, y·g, g·g.
// One invocation takes the elements i, i + stride, i + 2·stride, … (stride: the number of invocations a row) of one row, so
// that neighbouring invocations read neighbouring elements, and keeps six partial sums in `partials`
// [row][column][invocation]; a second pass sums those. Nothing is shared.
// Numerics: f32, count / stride terms in a row per partial sum, a fixed order.

struct Params {
  count: u32,
  invocations: u32,
  history: u32,
}

override WORKGROUP: u32 = 64;
override CLIP: u32 = 1; // 1: the image is kept within [0, 1]

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> base: array<f32>;
@group(0) @binding(3) var<storage, read> baseGradient: array<f32>;
@group(0) @binding(4) var<storage, read> steps: array<f32>; // s_j [history, count]
@group(0) @binding(5) var<storage, read> changes: array<f32>; // y_j [history, count]
@group(0) @binding(6) var<storage, read_write> partials: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.invocations) {
    return;
  }
  let row = id.y;
  let rounds = (params.count + params.invocations - 1u) / params.invocations;
  var sums = vec4f();
  var rest = vec2f();
  for (var round = 0u; round < rounds; round++) {
    let i = id.x + round * params.invocations;
    if (i < params.count) {
      let x = image[i];
      let s = x - base[i];
      let raw = gradient[i];
      let old = baseGradient[i];
      let y = select(raw - old, 0.0, s == 0.0);
      let is_held = CLIP == 1u && ((x <= 0.0 && raw > 0.0) || (x >= 1.0 && raw < 0.0));
      let g = select(raw, 0.0, is_held);
      if (row == params.history) {
        sums += vec4f(s * y, s * old, y * y, s * g);
        rest += vec2f(y * g, g * g);
      } else {
        let s_j = steps[row * params.count + i];
        let y_j = changes[row * params.count + i];
        sums += vec4f(s_j * y, s * y_j, y_j * y, s_j * g);
        rest.x += y_j * g;
      }
    }
  }
  let first = row * 6u * params.invocations + id.x;
  partials[first] = sums.x;
  partials[first + params.invocations] = sums.y;
  partials[first + 2u * params.invocations] = sums.z;
  partials[first + 3u * params.invocations] = sums.w;
  partials[first + 4u * params.invocations] = rest.x;
  partials[first + 5u * params.invocations] = rest.y;
}
