import '../src/ui/spectrum/spectrum.js';
import './plain.js';
import { PHOTOGRAPHS, sampleSrc, STYLES } from './samples.js';

const spectrum = document.querySelector('gram-spectrum');
if (spectrum !== null) {
  spectrum.samples = [...STYLES, ...PHOTOGRAPHS];
  spectrum.src = sampleSrc(STYLES, 'flow field');
}
