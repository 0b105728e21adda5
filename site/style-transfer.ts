import '../src/ui/style-transfer/style-transfer.js';
import './plain.js';
import { PHOTOGRAPHS, sampleSrc, STYLES } from './samples.js';

const studio = document.querySelector('gram-style-transfer');
if (studio !== null) {
  studio.contentSamples = PHOTOGRAPHS;
  studio.styleSamples = STYLES;
  studio.content = sampleSrc(PHOTOGRAPHS, 'chelsea');
  studio.stylePictures = sampleSrc(STYLES, 'flow field');
}
