import module from "./recording.cjs";

export const { artifacts, concatenate, ensureMeeting, follow, parseEvent, parseEvents, people, policies, preflight, reap, record, resolveEvent, startRecording, stopRecording } = module;
export default module;
