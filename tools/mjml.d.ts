/** The part of MJML that `mail-layout.mts` uses; the package has no types. */
declare module 'mjml' {
  export default function mjml(
    source: string,
    options: { validationLevel: 'strict' },
  ): Promise<{ html: string; errors: readonly { formattedMessage: string }[] }>;
}
