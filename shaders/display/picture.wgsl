// One fragment shows one pixel of a picture that lies in GPU memory as f32 [height, width, 3], sRGB values in [0, 1]: no
// read-back, no texture. The target has the picture's size; values outside [0, 1] are clipped by the target's format, and
// values that are not finite show as vermilion, because they are a failure and must not look like paper. A picture larger than a
// binding is drawn in bands of whole rows: `image` then begins `skip` values before row `firstRow`.

struct Params {
  height: u32,
  width: u32,
  firstRow: u32,
  skip: u32,
}

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

fn isFinite(value: f32) -> bool {
  // Comparisons with NaN may be optimised away; the exponent bits may not.
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

@fragment
fn main(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let x = min(u32(position.x), params.width - 1u);
  let y = clamp(u32(position.y), params.firstRow, params.height - 1u);
  let first = params.skip + ((y - params.firstRow) * params.width + x) * 3u;
  let colour = vec3f(image[first], image[first + 1u], image[first + 2u]);
  if (!isFinite(colour.r) || !isFinite(colour.g) || !isFinite(colour.b)) {
    return vec4f(0.72, 0.2, 0.1, 1.0);
  }
  return vec4f(colour, 1.0);
}
