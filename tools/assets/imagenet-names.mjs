#!/usr/bin/env node
/** Makes assets/models/imagenet-names.json, the 1000 class names of ImageNet in order, from npm @tensorflow-models/mobilenet. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { unpackPackage } from './package.mjs';

const PACKAGE = '@tensorflow-models/mobilenet@2.1.1';

const { IMAGENET_CLASSES } = createRequire(import.meta.url)(join(unpackPackage(PACKAGE), 'dist/imagenet_classes.js'));
const names = Array.from({ length: 1000 }, (_, index) => IMAGENET_CLASSES[index]);
if (names.some((name) => typeof name !== 'string' || name === '')) throw new Error('A class has no name.');
const folder = join(import.meta.dirname, '../../assets/models');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'imagenet-names.json'), `${JSON.stringify(names, undefined, 0).replaceAll('","', '",\n"')}\n`);
