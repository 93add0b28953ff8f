/** An image as `docker images` lists it: by digest without its tag, with the tag that is left out, without Docker Hub. */
export function imageAsListed(image: string): string {
  const tagged = image.includes('@') || /:[^/]*$/.test(image) ? image.replace(/:[^/@]*@/, '@') : `${image}:latest`
  return tagged.replace(/^docker\.io\/(library\/)?/, '')
}
