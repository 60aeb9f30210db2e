import module from "./recording.cjs";

export const { artifacts, concatenate, ensureMeeting, follow, parseEvent, parseEvents, people, resolveEvent, startRecording, stopRecording } = module;
export default module;
