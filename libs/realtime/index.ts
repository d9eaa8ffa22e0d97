export { defineFrame, definedFrames, type FrameType } from './frame-types';
export { Frames, MAX_PAYLOAD_BYTES } from './frames';
export { RealtimeModule } from './realtime.module';
