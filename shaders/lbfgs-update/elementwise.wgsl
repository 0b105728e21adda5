// L-BFGS, the vectors: carries out the plan of `lbfgsRecursion`. A taken trial image becomes the base, its pair (s, y) is
// kept, the direction is combined from the history; then image = base + step length · direction, clipped to [0, 1].
// One invocation updates one element. Nothing is shared. Numerics: f32, the history in slot order.

struct Params {
  count: u32,
  history: u32,
}

override WORKGROUP: u32 = 64;
override CLIP: u32 = 1; // 1: clip to [0, 1]

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> plan: array<f32>; // verdict, slot, step length, coefficients of g, s_j, y_j
@group(0) @binding(2) var<storage, read_write> image: array<f32>;
@group(0) @binding(3) var<storage, read_write> base: array<f32>;
@group(0) @binding(4) var<storage, read_write> baseGradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> direction: array<f32>;
@group(0) @binding(6) var<storage, read_write> steps: array<f32>; // s_j [history, count]
@group(0) @binding(7) var<storage, read_write> changes: array<f32>; // y_j [history, count]
@group(0) @binding(8) var<uniform> params: Params;

// Whether descent would leave the box.
fn is_held(x: f32, g: f32) -> bool {
  return CLIP == 1u && ((x <= 0.0 && g > 0.0) || (x >= 1.0 && g < 0.0));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.count) {
    return;
  }
  var start = base[i];
  var d = direction[i];
  if (plan[0] == 1.0) {
    let g = gradient[i];
    let x = image[i];
    let s = x - start;
    let y = select(g - baseGradient[i], 0.0, s == 0.0);
    if (plan[1] >= 0.0) {
      let at = u32(plan[1]) * params.count + i;
      steps[at] = s;
      changes[at] = y;
    }
    d = 0.0;
    if (!is_held(x, g)) {
      d = plan[3] * g;
      for (var j = 0u; j < params.history; j++) {
        // What an unused slot holds does not matter.
        let of_s = plan[4u + j];
        let of_y = plan[4u + params.history + j];
        if (of_s != 0.0) {
          d += of_s * steps[j * params.count + i];
        }
        if (of_y != 0.0) {
          d += of_y * changes[j * params.count + i];
        }
      }
    }
    start = x;
    base[i] = x;
    baseGradient[i] = g;
    direction[i] = d;
  } else if (plan[0] == 2.0) {
    let g = baseGradient[i];
    d = select(plan[3] * g, 0.0, is_held(start, g));
    direction[i] = d;
  }
  var x = start + plan[2] * d;
  if (CLIP == 1u) {
    x = clamp(x, 0.0, 1.0);
  }
  image[i] = x;
}
