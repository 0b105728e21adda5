// Sum of `count` values, in index order, by one invocation with four running sums (index modulo 4).
// Meant for a few hundred partial sums of another pass. Numerics: f32, fixed order, so the same bits every time.

struct Params {
  count: u32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  var sums = vec4f();
  let quads = params.count / 4u;
  for (var q = 0u; q < quads; q++) {
    sums += vec4f(values[q * 4u], values[q * 4u + 1u], values[q * 4u + 2u], values[q * 4u + 3u]);
  }
  var sum = (sums.x + sums.y) + (sums.z + sums.w);
  for (var i = quads * 4u; i < params.count; i++) {
    sum += values[i];
  }
  total[0] = sum;
}
