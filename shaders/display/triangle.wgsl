// One vertex of the triangle that covers the whole target: (-1, -1), (3, -1), (-1, 3). No buffers.

@vertex
fn main(@builtin(vertex_index) vertex: u32) -> @builtin(position) vec4f {
  let x = select(-1.0, 3.0, vertex == 1u);
  let y = select(-1.0, 3.0, vertex == 2u);
  return vec4f(x, y, 0.0, 1.0);
}
