// Trace of a matrix [size, size]. One invocation adds it in order. Numerics: f32.

struct Params {
  size: u32,
}

@group(0) @binding(0) var<storage, read> matrix: array<f32>;
@group(0) @binding(1) var<storage, read_write> trace: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  for (var i = 0u; i < params.size; i++) {
    sum += matrix[i * (params.size + 1u)];
  }
  trace[0] = sum;
}
