export * from "./recording.cjs";
