// L-BFGS, second pass of the inner products: adds the partial sums [row][column][invocation] of each product.
// One invocation adds the partial sums of one product, with four running sums (index modulo 4). Nothing is shared.
// Numerics: f32, fixed order, so the same bits every time.

struct Params {
  invocations: u32,
  sums: u32, // rows · 6
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> products: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.sums) {
    return;
  }
  let first = id.x * params.invocations;
  let quads = params.invocations / 4u;
  var sums = vec4f();
  for (var q = 0u; q < quads; q++) {
    let at = first + q * 4u;
    sums += vec4f(partials[at], partials[at + 1u], partials[at + 2u], partials[at + 3u]);
  }
  var sum = (sums.x + sums.y) + (sums.z + sums.w);
  for (var i = quads * 4u; i < params.invocations; i++) {
    sum += partials[first + i];
  }
  products[id.x] = sum;
}
