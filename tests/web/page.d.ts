// ComfyUI's page as far as web/index.js uses it; its own types are not published for these objects.
declare module "*/scripts/app.js" {
  export const app: any;
}
declare module "*/scripts/api.js" {
  export const api: any;
}
