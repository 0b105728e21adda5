import '../src/ui/texture-synthesis/texture-synthesis.js';
import './plain.js';
import { PHOTOGRAPHS, sampleSrc, STYLES } from './samples.js';

const studio = document.querySelector('gram-texture-synthesis');
if (studio !== null) {
  studio.styleSamples = [...STYLES, ...PHOTOGRAPHS.filter(({ label }) => ['brick', 'grass', 'gravel'].includes(label))];
  studio.example = sampleSrc(PHOTOGRAPHS, 'gravel');
}
