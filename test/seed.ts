// Property tests repeat: the same seed at each run, another one with SEED=… in the environment.
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.SEED ?? 20_261_122) });
