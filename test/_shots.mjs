import {launchChrome} from '/work/wt/landscape/test/support/chrome.mjs';
import {createServer} from 'node:http';
import {readFile} from 'node:fs/promises';
import {extname, join} from 'node:path';
const root='/work/wt/landscape/out/demo';
const types={'.html':'text/html','.js':'text/javascript','.css':'text/css','.wasm':'application/wasm'};
const server=createServer(async(q,r)=>{const p=decodeURIComponent(new URL(q.url,'http://x').pathname);try{const b=await readFile(join(root,p==='/'?'index.html':p));r.writeHead(200,{'content-type':types[extname(p==='/'?'x.html':p)]??'application/octet-stream'}).end(b)}catch{r.writeHead(404).end()}});
await new Promise(f=>server.listen(0,'127.0.0.1',f));
const url=`http://127.0.0.1:${server.address().port}/`;
const browser=await launchChrome();
const shots=JSON.parse(process.argv[2]);
for(const {name,hash='',w=1280,h=800,dark=false,wait=9000,full=false,act} of shots){
  const c=await browser.newContext({viewport:{width:w,height:h},colorScheme:dark?'dark':'light',hasTouch:w<500,isMobile:w<500,deviceScaleFactor:w<500?2:1});
  const p=await c.newPage();
  p.on('pageerror',e=>console.log(name,'ERR',String(e)));p.on('console',m=>{if(m.type()==='error')console.log(name,'console',m.text())});
  await p.goto(url+hash);
  await p.waitForTimeout(wait);
  if(act) await p.evaluate(act);
  await p.screenshot({timeout:170000,path:`/tmp/ls/${name}.png`,fullPage:full});
  await c.close();
}
await browser.close();server.close();
