/** What the command line and the runner page tell each other. Everything here survives JSON. */
import type { AdapterChoice } from '../../engine/device.js';
import type { PeerFiles } from '../../bench/peers/peers.js';
import type { BenchRequest } from '../../bench/request.js';
import type { BenchRun, HostInfo } from '../../bench/result.js';
import type { Concession } from '../../engine/budget.js';
import type { PlainError } from '../../engine/plain-error.js';
import type { Prediction } from '../../tasks/classification/classifier.js';
import type { Evaluation } from '../../tasks/classification/evaluate.js';
import type { ClassifierSettings } from '../../tasks/classification/settings.js';
import type { TuneResult } from '../../engine/tuner.js';
import type { VariantMap } from '../../engine/variant-map.js';
import type { DoctorReport } from '../../tasks/doctor.js';
import type { EpochFigures } from '../../tasks/fine-tuning/checkpoint.js';
import type { SkippedPicture } from '../../tasks/fine-tuning/feature-extraction.js';
import type { FineTuneSettings } from '../../tasks/fine-tuning/settings.js';
import type { ClassFigures, Judgement, Proportion } from '../../tasks/mobilenet/metrics.js';
import type { HalfReport } from '../../tasks/loss-reader.js';
import type { FinishedFrame } from '../../tasks/sequence/sequence.js';
import type { StyleTransferSettings } from '../../tasks/settings.js';

/** A file the page may fetch: its URL below the token and its name for messages. */
export interface FileReference {
  readonly name: string;
  readonly url: string;
}

/** A picture file; `tensor` names the tensor of a safetensors file. */
export interface PictureReference extends FileReference {
  readonly tensor?: string;
}

/** A net: its name alone (`random-vgg19:7`), or a file with those beside it that belong to it. */
export interface NetReference {
  readonly name: string;
  readonly url?: string;
  /** URLs by relative path, e.g. the shards of a model.json. */
  readonly siblings?: Readonly<Record<string, string>>;
  /** `caffe` or `torch`, where the user said so. */
  readonly preprocess?: 'caffe' | 'torch';
}

/** How a run keeps checkpoints. */
export interface CheckpointOrder {
  /** A store of the server. */
  readonly store: string;
  /** The file as messages call it. */
  readonly name: string;
  /** Whether to go on from one that is there. */
  readonly resume: boolean;
  /** Steps between checkpoints; without it as often as the one that the run goes on from. */
  readonly every?: number;
}

/** One run of style transfer or texture synthesis. */
export interface StylizeJob {
  readonly kind: 'stylize';
  /** What the record inside the result says besides the settings. */
  readonly task: 'style-transfer' | 'texture-synthesis';
  readonly preset: string;
  readonly adapter: AdapterChoice;
  /** All but the size, which follows from the pictures. */
  readonly settings: Omit<StyleTransferSettings, 'height' | 'width'>;
  /** As the user or the preset wrote them. */
  readonly size: string;
  readonly styleSize: string;
  readonly content?: PictureReference;
  readonly styles: readonly PictureReference[];
  /** The picture to start from, where `init` is `picture`. */
  readonly init?: PictureReference;
  /** Where each style goes. */
  readonly masks?: readonly PictureReference[];
  readonly net: NetReference;
  /** Kernel variants to use, with the adapter and version they are of. */
  readonly variants?: VariantMap;
  /** Measures variants first, for at most so long, and remembers them in a store of the server. */
  readonly tune?: { readonly budgetMs: number; readonly store: string };
  /** Graphics memory that the steps may take. */
  readonly memoryBudgetBytes?: number;
  readonly checkpoint?: CheckpointOrder;
  /** Where results are posted. */
  readonly outputs: { readonly png: string; readonly raw?: string };
}

/** A sequence of frames. */
export interface SequenceJob extends Omit<StylizeJob, 'kind' | 'task' | 'preset' | 'content' | 'checkpoint' | 'outputs'> {
  readonly kind: 'sequence';
  readonly frames: readonly FileReference[];
  /** Steps of every frame after the first. */
  readonly frameSteps?: number;
  /** A store of the server that takes each result when it is finished. */
  readonly store: string;
}

/** What a sequence reports besides its pictures. */
export interface SequenceReport {
  readonly adapter: AdapterReport;
  readonly settings: StyleTransferSettings;
  readonly net: { readonly name: string; readonly preprocess: string };
  readonly frames: readonly FinishedFrame[];
}

/** One entry of the trace: the unweighted losses of the image before update `step`, and the time since the entry before. */
export interface TraceEntry {
  readonly step: number;
  readonly style: number;
  readonly content: number;
  readonly tv: number;
  readonly total: number;
  readonly ms: number;
  /** Only of runs in f16. */
  readonly half?: HalfReport;
}

/** The adapter that did the work. */
export interface AdapterReport {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isSoftware: boolean;
}

/** What a run reports besides its pictures. */
export interface StylizeReport {
  readonly adapter: AdapterReport;
  readonly settings: StyleTransferSettings;
  readonly net: { readonly name: string; readonly preprocess: string };
  readonly steps: readonly TraceEntry[];
  /** The variant of each kernel call by its label, those of the targets as well. */
  readonly variants: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  /** What was given up to stay within a memory budget. */
  readonly givenUp: readonly Concession[];
  /** What was measured, where the run was tuned. */
  readonly tuning?: TuneResult;
  /** The power of two of the gradients at the end; only in f16. */
  readonly gradientScale?: number;
}

/** An examination of the adapter. */
export interface DoctorJob {
  readonly kind: 'doctor';
  readonly adapter: AdapterChoice;
}

/** The examination as data and as text. */
export interface DoctorOutcome {
  readonly doctor: DoctorReport;
  readonly text: string;
}

/** Pictures: loose files by their relative paths, and zip archives. */
export interface PictureSetReference {
  readonly files: readonly FileReference[];
  readonly archives: readonly FileReference[];
  /** Only pictures whose file names begin so. */
  readonly only?: string;
}

/** What all jobs of a classifier are about. */
interface ClassifierJob {
  readonly adapter: AdapterChoice;
  readonly net: NetReference;
  /** A dense layer to put on the net, where it has none of its own. */
  readonly head?: FileReference;
  /** A list of class names; one that the user did not give is only for nets without names that have as many classes. */
  readonly labels?: FileReference & { readonly isDefault?: boolean };
  readonly pictures: PictureSetReference;
  /** What the user chose; the rest is the net's own. */
  readonly settings: Partial<ClassifierSettings>;
}

/** Naming pictures. */
export interface ClassifyJob extends ClassifierJob {
  readonly kind: 'classify';
  readonly top: number;
}

/** Judging a net by a labelled folder. */
export interface EvaluateJob extends ClassifierJob {
  readonly kind: 'evaluate';
  readonly top: number;
}

/** Probabilities of all classes for a competition. */
export interface PredictJob extends ClassifierJob {
  readonly kind: 'predict';
  readonly sample?: FileReference;
  /** Where the table is posted. */
  readonly output: string;
}

/** What a classifier was and how it took its pictures. */
export interface ClassifierReport {
  readonly adapter: AdapterReport;
  readonly net: { readonly name: string; readonly classes: number };
  /** 1 where output 0 is the background. */
  readonly offset: 0 | 1;
  readonly settings: ClassifierSettings;
  readonly notices: readonly string[];
}

/** Naming pictures: the guesses themselves were told as events. */
export interface ClassifyReport extends ClassifierReport {
  readonly count: number;
  readonly skipped: number;
  readonly picturesPerSecond: number;
}

/** A judgement. */
export interface EvaluateReport extends ClassifierReport {
  readonly evaluation: Evaluation;
  /** The table of classes. */
  readonly csv: string;
}

/** A table for a competition. */
export interface PredictReport extends ClassifierReport {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly skipped: readonly SkippedPicture[];
}

/** Training the last layers of a net. */
export interface FinetuneJob {
  readonly kind: 'finetune';
  readonly adapter: AdapterChoice;
  readonly net: NetReference;
  readonly pictures: PictureSetReference;
  /** A table of labels; without it the folders are the classes. */
  readonly labels?: FileReference;
  readonly settings: FineTuneSettings;
  /** Whether a checkpoint may be there already. */
  readonly resume: boolean;
  readonly stores: { readonly checkpoint: string; readonly features: string };
  /** Where the net is posted. */
  readonly outputs: { readonly model: string; readonly shard: string };
}

/** What a training gave, but for the net itself. */
export interface FinetuneReport {
  readonly adapter: AdapterReport;
  readonly net: { readonly name: string; readonly width: number };
  readonly settings: FineTuneSettings;
  readonly classes: readonly string[];
  /** Pictures per class in the data, before any was found to be unreadable. */
  readonly examplesPerClass: readonly number[];
  readonly parameters: { readonly total: number; readonly trainable: number; readonly frozen: number };
  readonly trainingCount: number;
  readonly validationCount: number;
  readonly skipped: readonly SkippedPicture[];
  readonly notices: readonly string[];
  /** Epochs that an earlier, interrupted run had done. */
  readonly resumedEpochs: number;
  readonly history: readonly EpochFigures[];
  /** Of the pictures held back, or of all where none are. */
  readonly judged: 'validation' | 'training';
  readonly accuracy: Proportion;
  readonly perClass: readonly ClassFigures[];
  /** Rows are true classes. */
  readonly confusion: readonly (readonly number[])[];
  readonly judgements: readonly Judgement[];
  readonly features: { readonly recordBytes: number; readonly memoryBytes: number; readonly onDisk: number };
  readonly seconds: { readonly features: number; readonly training: number };
}

/** A benchmark. */
export interface BenchJob {
  readonly kind: 'bench';
  readonly adapter: AdapterChoice;
  readonly request: BenchRequest;
  /** What the page cannot know of its host. */
  readonly host: Pick<HostInfo, 'flags' | 'system' | 'endpoint'>;
  readonly commit?: string;
  /** Files of peers that are no part of the page. */
  readonly peerFiles?: PeerFiles;
}

/** Jobs by kind. */
export interface RunnerJobs {
  readonly stylize: StylizeJob;
  readonly sequence: SequenceJob;
  readonly doctor: DoctorJob;
  readonly classify: ClassifyJob;
  readonly evaluate: EvaluateJob;
  readonly predict: PredictJob;
  readonly finetune: FinetuneJob;
  readonly bench: BenchJob;
}

/** Reports by kind of job. */
export interface RunnerReports {
  readonly stylize: StylizeReport;
  readonly sequence: SequenceReport;
  readonly doctor: DoctorOutcome;
  readonly classify: ClassifyReport;
  readonly evaluate: EvaluateReport;
  readonly predict: PredictReport;
  readonly finetune: FinetuneReport;
  readonly bench: BenchRun;
}

/** What the page can be asked to do. */
export type RunnerKind = keyof RunnerJobs;

/** How a job ended. */
export type RunnerOutcome<K extends RunnerKind = RunnerKind> = { readonly report: RunnerReports[K] } | { readonly error: PlainError };

/** What the page says while it works. */
export type RunnerEvent =
  | { readonly kind: 'adapter'; readonly adapter: AdapterReport }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'phase'; readonly text: string; readonly done?: number; readonly total?: number }
  | { readonly kind: 'classified'; readonly name: string; readonly predictions: readonly Prediction[] }
  | { readonly kind: 'skipped'; readonly name: string; readonly problem: string }
  | { readonly kind: 'epoch'; readonly epochs: number; readonly figures: EpochFigures }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly steps: number;
      readonly losses?: { readonly style: number; readonly content: number; readonly tv: number; readonly total: number };
    };

/** What the page offers to Node, and Node to the page. */
export interface RunnerGlobals {
  /** Set by the page. */
  gramarye?: {
    run(job: RunnerJobs[RunnerKind]): Promise<RunnerOutcome>;
  };
  /** Set by Node before the page loads. */
  gramaryeEvent?: (event: RunnerEvent) => Promise<void>;
}
