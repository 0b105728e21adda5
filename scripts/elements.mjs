/** The elements that have an entry of their own in the package, by the file below src/ui that defines them; `index` is all of them. */
export const ELEMENTS = {
  index: 'index',
  'style-transfer': 'style-transfer/style-transfer',
  'texture-synthesis': 'texture-synthesis/texture-synthesis',
  'loss-chart': 'charts/loss-chart',
  spectrum: 'spectrum/spectrum',
  classifier: 'classifier/classifier',
  'fine-tune': 'fine-tune/fine-tune',
  'training-chart': 'fine-tune/training-chart',
  device: 'device/device',
  bench: 'bench/bench',
  'picture-well': 'pictures/picture-well',
};
