/** What the share is busy with, finer than its state. */
export type ShareStage = 'idle' | 'index' | 'opening' | 'pieces' | 'finishing' | 'checking'
